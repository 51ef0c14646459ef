// Prints which licences the packages of the lockfile come under, and fails for one that nobody has agreed to.
// docs/dependencies.md has what the running server uses: with --write it is written, else it must be up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { allowed, checkLicences, dependencyPage, type Lockfile } from '../tests/kit/licences.ts'

const PAGE = new URL('../docs/dependencies.md', import.meta.url)
const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lockfile
const { packages, counts, faults } = checkLicences(lockfile)
for (const [licence, count] of counts) {
  console.log(
    `${String(count.runtime).padStart(5)} running ${String(count.all).padStart(5)} in all  ${licence}`,
  )
}
const page = dependencyPage(lockfile)
if (process.argv.includes('--write')) writeFileSync(PAGE, page)
else if (readFileSync(PAGE, 'utf8') !== page) {
  faults.push('docs/dependencies.md is not what it would be: npm run licences -- --write')
}
for (const fault of faults) console.error(fault)
console.log(
  `${packages} packages, ${counts.size} licences, ${allowed.length} agreed to, ${faults.length} faults`,
)
process.exit(faults.length > 0 ? 1 : 0)
