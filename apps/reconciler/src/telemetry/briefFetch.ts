/** The most of an answer that is read, in bytes. Collectors answer a few; after more the connection is closed. */
const mostBytes = 64 * 1024

const drain = async (body: ReadableStream<Uint8Array>): Promise<void> => {
  const reader = body.getReader()
  let left = mostBytes
  while (left > 0) {
    const { done, value } = await reader.read()
    if (done) return
    left -= value.byteLength
  }
  await reader.cancel()
}

/**
 * `fetch` for a collector that may be broken: resolves when the whole answer is read, up to a limit, so that a time limit
 * holds for the body too. The exporter would read a body of any length, and wait for its end for ever. It needs the status
 * and the headers only. A redirect is not followed: the headers of the request may have secrets for this host.
 */
export const briefFetch: typeof fetch = async (input, init) => {
  const { body, headers, status } = await fetch(input, { ...init, redirect: "manual" })
  if (body !== null) await drain(body)
  return new Response(null, { status, headers })
}
