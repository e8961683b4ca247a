/** One entry under `notify:`: a URL, or a file with URLs. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { readAddress } from "../notify/addresses.ts"
import { line, text } from "../yaml/text.ts"

const url = text({
  pattern: /^[a-z][a-z0-9+.-]*:\/\/\S+$/u,
  expected: "a URL such as `ntfy://ntfy.example.org/ops`",
  description: "A URL in shoutrrr's form.",
  secret: true
})

const file = Schema.Struct({
  file: line({
    expected: "the path of a file",
    description: "A file with one URL on each line, relative to this file."
  })
}).annotate({ expected: "a file with URLs, such as `file: /etc/lastgood/notify`" })

export const NotifyFile = Schema.Union([url, file])
  .annotate({
    expected: "a URL such as `ntfy://ntfy.example.org/ops`, or `file:` with a path",
    secret: true
  })
  .pipe(
    Schema.check(
      Schema.makeFilter((entry: string | { readonly file: string }) => {
        const read = typeof entry === "string" ? readAddress(entry) : Result.succeed([])
        return Result.isSuccess(read) ? true : `lastgood cannot send to this URL: ${read.failure}`
      })
    )
  )

/** A line without a URL. */
const isBlank = (line: string): boolean => /^\s*(?:#.*)?$/.test(line)

/** @returns the URLs of such a file, or the number of a line and its problem. */
export const readNotifyFile = (content: string) =>
  content
    .split(/\r?\n/)
    .flatMap((line, i) =>
      isBlank(line) ? [] : [Result.mapError(readAddress(line.trim()), (problem) => ({ line: i + 1, problem }))]
    )
