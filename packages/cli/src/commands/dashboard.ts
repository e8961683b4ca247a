import { daemonOf } from "@lastgood/core/claim/daemonLock"
import { addressText, reachable } from "@lastgood/core/config/HttpFile"
import { readSmallText } from "@lastgood/core/disk/readSmallFile"
import { messageOf } from "@lastgood/core/domain/messageOf"
import { makeNonce } from "@lastgood/reconciler/http/nonce"
import { makeTicket } from "@lastgood/reconciler/http/sessions"
import { tokenFile } from "@lastgood/reconciler/http/token"
import * as Clock from "effect/Clock"
import { layerWebCrypto, SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import { FileFailed, NoDashboard } from "../errors.ts"
import { Json } from "../options.ts"
import { print, printJson } from "../Screen.ts"
import { configuration } from "../session.ts"

/** Prints a link that signs a browser in: it works once, for five minutes. */
export const run = Effect.fn("Cli.dashboard")(function* () {
  const { file, http, root } = yield* configuration
  const [address] = http?.listen ?? []
  if (address === undefined) {
    return yield* new NoDashboard({
      reason: `the daemon serves no pages: \`http\` in ${file} is off`,
      next: "remove it, then restart lastgood reconcile"
    })
  }
  if ((yield* daemonOf(root)) === null) {
    return yield* new NoDashboard({ reason: "no daemon is running", next: "start lastgood reconcile" })
  }
  const path = tokenFile(root)
  const token = yield* readSmallText(path, { followLinks: false }).pipe(
    Effect.mapError(
      (error) => new FileFailed({ path, reason: messageOf(error), next: "run this as root, on the host of the daemon" })
    )
  )
  const nonce = yield* makeNonce(yield* SecureRandom)
  const code = makeTicket(token.trim(), "code", yield* Clock.currentTimeMillis, nonce)
  const here = addressText(reachable(address))
  const link = `http://${here}/enter?code=${code}`
  yield* (yield* Json)
    ? printJson({ format: 1, link })
    : print(
        `${link}\nThe link works once, for five minutes. From another computer: ssh -L ${address.port}:${here} <this host>`
      )
}, Effect.provide(layerWebCrypto))
