import type { TestClient, TestCompany, TestHouse } from './house.ts'

const HOST = 'localhost:4747'
const PASSWORD = 'correct horse battery'

/** A member of a company, with a client that acts as the member is signed in. */
export async function signedIn(
  house: TestHouse,
  company: TestCompany,
  email: string,
  more: Record<string, unknown> = {},
): Promise<{ id: string; client: TestClient; headers: Record<string, string> }> {
  const body = { name: email, email, password: PASSWORD, role: 'member', ...more }
  const made = await company.post('/v1/members', body)
  if (made.status !== 201) throw new Error(made.text)
  const site = { host: HOST, origin: `http://${HOST}` }
  const signed = await house
    .client()
    .post('/v1/session', { email, password: PASSWORD }, { key: null, headers: site })
  if (signed.status !== 204) throw new Error(signed.text)
  const headers = { ...site, cookie: String(signed.headers['set-cookie']).split(';', 1)[0]! }
  const plain = house.client()
  const within = { headers }
  const client: TestClient = {
    get: (path, query, options) => plain.get(path, query, { ...within, ...options }),
    post: (path, asked, options) => plain.post(path, asked, { ...within, ...options }),
    put: (path, asked, options) => plain.put(path, asked, { ...within, ...options }),
    patch: (path, asked, options) => plain.patch(path, asked, { ...within, ...options }),
    del: (path, options) => plain.del(path, { ...within, ...options }),
  }
  return { id: made.body.id, client, headers }
}
