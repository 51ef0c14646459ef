import { join } from 'node:path'
import { keepSecret, makeDataDir, readSecret } from '../platform/data-dir.ts'
import { members, signsIn } from './cast.ts'
import { type DemoOptions, makeDemo, type WayIn } from './make.ts'

export interface PrepareOptions extends Omit<DemoOptions, 'keep' | 'now'> {
  /** Where the way in is kept, so that it can be told at each start. */
  dataDir: string
  print?: (line: string) => void
}

/** Sees to it that an empty server has the demo's company. Gives the lines that tell how to get in. */
export async function prepareDemo(options: PrepareOptions): Promise<string[]> {
  const { dataDir, print = console.log } = options
  const file = join(await makeDataDir(dataDir), 'demo-company')
  const begun = performance.now()
  const keep = async (way: WayIn) => {
    await keepSecret(file, () => `${way.key} ${way.email} ${way.password}`)
    print('Making the demo: ten months of a company that is made up. This takes about a minute.')
  }
  const isMade = await makeDemo({ ...options, now: new Date(), keep })
  if (isMade) print(`The demo was made in ${Math.round((performance.now() - begun) / 1000)} s.`)

  const kept = await readSecret(file)
  if (kept === undefined) return ['There are companies here already, so no demo was made.']
  const [key, email, password] = kept.split(' ')
  const others = signsIn.flatMap((id) => members.filter((one) => one.id === id))
  const roles = [
    `${email} (tech admin)`,
    ...others.map((one) => `${one.email} (${one.role.replace('_', ' ')})`),
  ]
  return [
    `The demo's key is ${key}`,
    `Its administrator signs in as ${email} with ${password}`,
    `With that password one can be ${roles.join(', ')}`,
  ]
}
