/**
 * What the daemon of the root sees, for `status`. It has read the same configuration and log before, which takes longer than
 * the rest where there are many apps. It looks at the apps now, as the command would.
 */
import { createHash } from "node:crypto"
import { dirname } from "node:path"
import { configBytes, findConfig } from "@lastgood/core/config/findConfig"
import { assertOwnRoot } from "@lastgood/core/config/ownFolders"
import { absolute } from "@lastgood/core/config/place"
import { rootFor } from "@lastgood/core/config/root"
import { assertOwn } from "@lastgood/core/config/Untrusted"
import { writtenRoot } from "@lastgood/core/config/writtenRoot"
import { readSmallFile } from "@lastgood/core/disk/readSmallFile"
import { homeFolder } from "@lastgood/core/process/variable"
import { paths, Sees } from "@lastgood/reconciler/http/wire"
import { hostName } from "@lastgood/reconciler/namedApp"
import type { ShownAlert } from "@lastgood/reconciler/reading/alerts"
import type { ShownStanding } from "@lastgood/reconciler/reading/standings"
import type { Unconfigured } from "@lastgood/reconciler/reading/unconfigured"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import own from "../../package.json" with { type: "json" }
import { ConfigFile, Root } from "../options.ts"
import { answerOf } from "./ask.ts"
import { ownSocket } from "./ownSocket.ts"

/** What `status` shows. */
export interface Seen {
  readonly daemon: string | null
  readonly apps: ReadonlyArray<ShownStanding>
  readonly unconfigured: ReadonlyArray<Unconfigured>
  /** Open alerts of the host. */
  readonly alerts: ReadonlyArray<Pick<ShownAlert, "why">>
}

/** A daemon that is stopped (SIGSTOP) or stuck accepts a connection, but does not answer. */
const seesWithin = "2 seconds"

/** Each app has a deadline of its own. */
const looksWithin = "30 seconds"

const decodeSees = Schema.decodeUnknownOption(Schema.fromJsonString(Sees))

/** The socket of the root that the configuration names, and what identifies the text of that. */
const found = Effect.gen(function* () {
  const config = yield* findConfig(Option.getOrNull(yield* ConfigFile))
  yield* assertOwn("the configuration", config)
  const bytes = yield* readSmallFile(config, { maxBytes: configBytes })
  const written = writtenRoot(new TextDecoder().decode(bytes))
  if (written === undefined) return null
  const rootOf = yield* rootFor(Option.getOrNull(yield* Root))
  const place = { file: config, folder: dirname(config), home: yield* homeFolder, abraDir: "" }
  const root = rootOf(written === null ? null : absolute(place, written))
  yield* assertOwnRoot(root)
  const socket = yield* ownSocket(root)
  return socket === null ? null : { socket, config, digest: createHash("sha256").update(bytes).digest("hex") }
})

const parsed = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** The answer of the API as the same version of lastgood gives it; null: another status, or none that is whole. */
const json = <A>(socket: string, path: string) =>
  Effect.map(answerOf(socket, path, null), (answer) =>
    answer?.status === 200 ? (Option.getOrNull(parsed(answer.text)) as A | null) : null
  )

const looked = Effect.fnUntraced(function* (socket: string, app: string | null) {
  if (app !== null) {
    const one = yield* json<{ readonly app: ShownStanding }>(socket, `/api/v1/apps/${encodeURIComponent(app)}`)
    return one === null ? null : { apps: [one.app], unconfigured: [], alerts: [] }
  }
  const all = yield* json<Pick<Seen, "apps" | "unconfigured">>(socket, "/api/v1/apps")
  const host = yield* json<Pick<Seen, "alerts">>(socket, `/api/v1/alerts?app=${hostName}`)
  return all === null || host === null ? null : { ...all, alerts: host.alerts }
})

/**
 * null: there is no daemon of this user and version that has read the configuration as it is, or it does not answer. The
 * command then looks by itself, and says what is wrong.
 */
export const seenByDaemon = Effect.fn("Cli.seenByDaemon")(
  function* (name: Option.Option<string>) {
    const at = yield* found
    if (at === null) return null
    const app = Option.getOrNull(name)
    const query = new URLSearchParams({ config: at.config, digest: at.digest, ...(app === null ? {} : { app }) })
    const first = yield* answerOf(at.socket, `${paths.sees}?${query}`, null).pipe(Effect.timeoutOption(seesWithin))
    const sees = Option.flatMap(first, (answer) => (answer?.status === 200 ? decodeSees(answer.text) : Option.none()))
    if (Option.isNone(sees) || sees.value.version !== own.version || !sees.value.sees) return null
    const seen = yield* looked(at.socket, app).pipe(Effect.timeoutOption(looksWithin))
    const whole = Option.getOrNull(seen)
    if (whole === null) return null
    const shown: Seen = { ...whole, daemon: sees.value.daemon }
    return shown
  },
  (seen) => Effect.catch(seen, () => Effect.succeed(null))
)
