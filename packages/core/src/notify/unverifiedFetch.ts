/** `fetch` that accepts any certificate, for a URL that says so. The global one cannot. */
import { request as requestOverTls } from "node:https"
import { Readable } from "node:stream"

export const unverifiedFetch: typeof globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  if (url.protocol !== "https:") return globalThis.fetch(input, init)
  const { body, headers, method, signal } = init ?? {}
  return new Promise((resolve, reject) => {
    const request = requestOverTls(
      url,
      {
        method: method ?? "GET",
        headers: Object.fromEntries(new Headers(headers)),
        rejectUnauthorized: false,
        agent: false,
        ...(signal ? { signal } : {})
      },
      (response) => {
        const plain = Object.entries(response.headers).flatMap(([name, value]) =>
          typeof value === "string" ? [[name, value] as [string, string]] : []
        )
        const status = response.statusCode ?? 500
        const isEmpty = [204, 205, 304].includes(status)
        const content = isEmpty ? null : (Readable.toWeb(response) as ReadableStream<Uint8Array>)
        resolve(new Response(content, { status, headers: plain }))
      }
    )
    request.on("error", reject)
    request.end(typeof body === "string" || body instanceof Uint8Array ? body : undefined)
  })
}
