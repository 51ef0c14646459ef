/** Why a password is refused, or undefined. Length is what counts; no rules of composition. */
export function weaknessOf(password: string, ...known: string[]): string | undefined {
  const length = [...password].length
  if (length < 8) return 'must have at least 8 characters'
  if (length > 256) return 'must have at most 256 characters'
  const lower = password.toLowerCase()
  if (known.some((word) => word.toLowerCase() === lower)) return 'must not be the name or email'
  if (new Set(lower).size < 3 || common.has(lower)) return 'is one of the most common passwords'
  return undefined
}

/** The passwords that everybody tries first. */
const common = new Set(
  `password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword 12345678 123456789
  1234567890 12345678910 0123456789 87654321 987654321 0987654321 qwertyui qwertyuiop qwerty123 qwerty12
  qwerty1234 1q2w3e4r 1q2w3e4r5t q1w2e3r4 1qaz2wsx zaq12wsx qazwsxedc asdfghjk asdfghjkl zxcvbnm1 abcd1234
  abc12345 abcdefgh abcdefg1 iloveyou iloveyou1 sunshine princess football baseball basketball superman
  batman123 trustno1 letmein1 letmein123 welcome1 welcome12 welcome123 welcome1234 admin123 admin1234
  administrator changeme changeme1 changeme123 default1 secret123 secret12 computer internet whatever
  starwars michelle jennifer jordan23 michael1 charlie1 monkey123 dragon12 dragon123 master12 master123
  shadow12 killer12 hello123 hello1234 test1234 testtest testing123 sluice12 sluice123`
    .split(/\s+/)
    .filter(Boolean),
)
