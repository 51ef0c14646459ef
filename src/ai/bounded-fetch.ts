/** An answer longer than anything we could use. */
export class AnswerTooLarge extends Error {}

/** A fetch that follows no redirects and stops reading when the answer grows past reason. */
export function boundedFetch(fetchAnswer: typeof fetch, bytesMax: number): typeof fetch {
  return async (input, init) => {
    const response = await fetchAnswer(input, { ...init, redirect: 'error' })
    const chunks: Uint8Array[] = []
    let size = 0
    const reader = response.body?.getReader()
    while (reader !== undefined) {
      const { done, value } = await reader.read()
      if (done) break
      size += value.byteLength
      if (size > bytesMax) {
        await reader.cancel()
        throw new AnswerTooLarge(`The provider's answer is longer than ${bytesMax} bytes.`)
      }
      chunks.push(value)
    }
    const { status, statusText, headers } = response
    const empty = status === 204 || status === 205 || status === 304
    return new Response(empty ? null : Buffer.concat(chunks), { status, statusText, headers })
  }
}
