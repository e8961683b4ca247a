/** `<root>/token`: whoever can read it may use the HTTP API. Made by the first daemon; delete it for a new one. */
import { lstat } from "node:fs/promises"
import { join } from "node:path"
import { readSmallText } from "@lastgood/core/disk/readSmallFile"
import { replaceFile } from "@lastgood/core/disk/replaceFile"
import { messageOf } from "@lastgood/core/domain/messageOf"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import { HttpTrouble } from "./Trouble.ts"

export const tokenFile = (root: string): string => join(root, "token")

const shape = /^[A-Za-z0-9_-]{32,200}$/

const looking = (path: string) =>
  Effect.tryPromise({ try: () => lstat(path), catch: (cause) => cause }).pipe(
    Effect.catch((cause) =>
      cause instanceof Error && "code" in cause && cause.code === "ENOENT" ? Effect.succeed(null) : Effect.fail(cause)
    )
  )

const trouble = (path: string, what: string, next: string) => new HttpTrouble({ what: `${path} ${what}`, next })

const made = Effect.fnUntraced(function* (path: string) {
  const bytes = yield* (yield* SecureRandom).randomBytes(32)
  const token = Buffer.from(bytes).toString("base64url")
  yield* replaceFile(path, `${token}\n`, 0o600)
  return token
})

/** The token of the root, made if there is none. A file that others could have read is not used. */
export const tokenOf = Effect.fn("Http.token")(function* (root: string) {
  const path = tokenFile(root)
  return yield* Effect.gen(function* () {
    const found = yield* looking(path)
    if (found === null) return yield* made(path)
    if (!found.isFile()) return yield* trouble(path, "is not a regular file", `move it away (ls -la ${root})`)
    if ((found.mode & 0o077) !== 0) {
      const mode = (found.mode & 0o777).toString(8).padStart(4, "0")
      return yield* trouble(
        path,
        `may be read or written by other users (mode ${mode})`,
        `rm ${path}; lastgood then makes a new token`
      )
    }
    const token = (yield* readSmallText(path, { followLinks: false })).trim()
    if (shape.test(token)) return token
    return yield* trouble(path, "does not hold a token", `rm ${path}; lastgood then makes a new one`)
  }).pipe(
    Effect.mapError((cause) =>
      cause instanceof HttpTrouble
        ? cause
        : trouble(path, `cannot be used: ${messageOf(cause)}`, `check its permissions and the disk (ls -la ${root})`)
    )
  )
})
