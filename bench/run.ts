// Measures one thing at a time: `npm run bench hot-pool`, `npm run bench http -- --long --seed 7`.

const benches: Record<string, { about: string; load: () => Promise<Bench> }> = {
  'hot-pool': {
    about: 'many callers on one pool, beside the rival',
    load: () => import('./hot-pool.ts'),
  },
  'many-pools': { about: '1,000 pools, beside the rival', load: () => import('./many-pools.ts') },
  http: { about: 'charges through the whole server', load: () => import('./http.ts') },
  holds: { about: 'hold and capture, beside charges', load: () => import('./holds.ts') },
  reads: { about: 'pages and reports as the ledger grows', load: () => import('./reads.ts') },
  bytes: { about: 'disk and WAL per charge', load: () => import('./bytes.ts') },
  start: { about: 'the first start and the next', load: () => import('./start.ts') },
  import: { about: 'calls and emails read in bulk', load: () => import('./import.ts') },
  trackers: {
    about: 'emails through import, queue and model to results and charges',
    load: () => import('./trackers.ts'),
  },
  page: {
    about: 'the credits page in Chromium on a million charges',
    load: () => import('./page.ts'),
  },
  answers: {
    about: 'how well questions are answered, beside two floors',
    load: () => import('./answers/run.ts'),
  },
}

interface Bench {
  bench(args: string[]): Promise<unknown>
}

// An orderly end also ends the database and the servers that were started.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

const [name = '', ...args] = process.argv.slice(2)
const chosen = Object.hasOwn(benches, name) ? benches[name] : undefined
if (chosen) {
  const { bench } = await chosen.load()
  await bench(args)
} else {
  console.log('npm run bench <name> [-- --long --seed N]\n')
  for (const [each, { about }] of Object.entries(benches))
    console.log(`  ${each.padEnd(12)}${about}`)
  process.exitCode = name === '' ? 0 : 2
}
