import { Problem } from '../../kit/problem.ts'
import { hashPassword } from '../../platform/passwords.ts'
import { weaknessOf } from '../passwords.ts'

/** The hash of a password that somebody chooses for themselves; a weak one is refused. */
export async function chosenHash(
  password: string,
  { name, email }: { name: string; email: string },
): Promise<string> {
  const weakness = weaknessOf(password, name, email)
  if (weakness) {
    throw new Problem('unprocessable', `The password ${weakness}.`, {
      errors: [{ path: 'password', message: weakness }],
    })
  }
  return hashPassword(password)
}
