const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whether a request may come by this host name: our public one, the machine itself, or an address. A name
 * that somebody else can point at us is refused, so that no page reaches a local server by rebinding it.
 */
export function isOwnHost(host: string | undefined, publicUrl: string | undefined): boolean {
  const name = hostnameOf(`http://${host ?? ''}`)
  if (name === undefined) return false
  return loopback.has(name) || isAddress(name) || name === hostnameOf(publicUrl)
}

/** Whether a page of this origin may send requests: only one of our own may. Programs send no origin. */
export function isOwnOrigin(
  origin: string | undefined,
  host: string | undefined,
  publicUrl: string | undefined,
): boolean {
  if (origin === undefined) return true
  const name = /^https?:\/\//.test(origin) ? hostnameOf(origin) : undefined
  if (name === undefined) return false
  if (loopback.has(name) || name === hostnameOf(publicUrl)) return true
  return isAddress(name) && name === hostnameOf(`http://${host ?? ''}`)
}

/** The address of this server as a request reached it: the public one where there is one. */
export function baseOf(
  publicUrl: string | undefined,
  protocol: string,
  host: string | undefined,
): string {
  return publicUrl ?? `${protocol}://${host ?? 'localhost'}`
}

function hostnameOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined
  return new URL(url).hostname.toLowerCase() || undefined
}

function isAddress(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.startsWith('[')
}
