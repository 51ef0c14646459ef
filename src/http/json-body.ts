import { invalid } from '../kit/problem.ts'
import type { App } from '../platform/app.ts'

/** So many lists and objects may stand within each other: more than any request needs, and no stack minds. */
const DEPTH_MAX = 100

/**
 * Reads JSON bodies: none at all for an empty one, whatever its content type says; refuses what is packed,
 * nested beyond reason, or names `__proto__`.
 */
export function addJsonBody(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else if (isDeep(body as string)) done(invalid('body', `nests more than ${DEPTH_MAX} levels`))
    else void parse(request, body as string, done)
  })
  // Nothing is unpacked here, and what is packed must not be taken for what it is not.
  app.addHook('onRequest', (request, _reply, done) => {
    const { 'content-encoding': encoding = 'identity' } = request.headers
    if (encoding === 'identity') done()
    else done(invalid('Content-Encoding', 'is not read here; send the body as it is'))
  })
}

/** Whether lists and objects nest too deep; what stands in texts does not count. */
function isDeep(text: string): boolean {
  if (text.length <= DEPTH_MAX) return false
  let depth = 0
  let isText = false
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at)
    if (isText) {
      if (sign === BACKSLASH) at += 1
      else if (sign === QUOTE) isText = false
    } else if (sign === QUOTE) isText = true
    else if (sign === OPEN_LIST || sign === OPEN_OBJECT) {
      depth += 1
      if (depth > DEPTH_MAX) return true
    } else if (sign === CLOSE_LIST || sign === CLOSE_OBJECT) depth -= 1
  }
  return false
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
