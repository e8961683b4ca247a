/** Checks the host: a writable root, a filesystem that can hold the log, and the tools. */
import { stat, statfs } from "node:fs/promises"
import { dirname } from "node:path"
import { type RuntimeKind, runtimeTraits } from "@lastgood/core/domain/RuntimeKind"
import { EventStore } from "@lastgood/core/log/EventStore"
import { leftOutOf } from "@lastgood/core/process/environment"
import { run } from "@lastgood/core/process/Tool"
import { variable } from "@lastgood/core/process/variable"
import { describeContainment } from "@lastgood/core/runtime/local/Containment"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { plural } from "../render/format.ts"
import { type Finding, fail, ok, orFail, warn } from "./Finding.ts"
import { probe, remedyOf, troubleText } from "./probe.ts"

/** `f_type` of statfs(2). SQLite's WAL needs shared memory, which network filesystems do not provide. */
const networkFilesystems: Readonly<Record<number, string>> = {
  [0x6969]: "NFS",
  [0xff534d42]: "CIFS",
  [0xfe534d42]: "SMB",
  [0x517b]: "SMB",
  [0x01021997]: "9p",
  [0x00c36400]: "Ceph"
}
const fuse = 0x65735546

const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : String(cause)

/** The folder itself, or the nearest existing one above it. */
const nearest = async (path: string): Promise<string> => {
  const there = await stat(path).then(
    () => true,
    (cause: unknown) => codeOf(cause) !== "ENOENT"
  )
  return there || path === dirname(path) ? path : nearest(dirname(path))
}

const filesystemFindings = (root: string, place: string): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.promise(async () => {
    const about = { app: null, what: "filesystem" }
    const { type } = await statfs(place)
    const network = networkFilesystems[type]
    if (network !== undefined) {
      return [fail(about, `${root} is on ${network}, which cannot hold the log`, "name a root on a local disk")]
    }
    return type === fuse
      ? [warn(about, `${root} is on FUSE, which may not be able to hold the log`, "prefer a root on a local disk")]
      : [ok(about, "the root is on a local filesystem")]
  })

const rootFindings = Effect.fnUntraced(function* (root: string) {
  const about = { app: null, what: "root" }
  const place = yield* Effect.promise(() => nearest(root))
  const isFolder = yield* Effect.promise(() =>
    stat(place).then(
      (info) => info.isDirectory(),
      () => false
    )
  )
  const denied =
    "run lastgood as root, or name another folder with --root, $LASTGOOD_ROOT or root: in the configuration"
  if (!isFolder) return [fail(about, `${place} is not a folder`, denied)]
  const trouble = yield* probe(place)
  const filesystem = yield* filesystemFindings(root, place)
  if (trouble !== null) {
    const seen = `${troubleText(place, trouble)}, so only commands that read work`
    return [fail(about, seen, remedyOf(place, trouble, denied)), ...filesystem]
  }
  const seen = place === root ? `${root} can be written to` : `the first command that writes creates ${root}`
  return [ok(about, `${seen}; a test file was written, renamed and removed`), ...filesystem]
})

const logFindings = Effect.gen(function* () {
  const { position } = yield* (yield* EventStore).head
  return [ok({ app: null, what: "log" }, `${plural(position, "event")}; lastgood verify checks its hash chain`)]
}).pipe(orFail({ app: null, what: "log" }))

interface Needed {
  readonly tool: string
  readonly pattern: RegExp
  readonly package: string
}

const tools: ReadonlyArray<Needed> = [
  { tool: "git", pattern: /git version (\S+)/, package: "git" },
  { tool: "tar", pattern: /GNU tar\) (\S+)/, package: "tar" },
  { tool: "flock", pattern: /util-linux (\S+)/, package: "util-linux" },
  { tool: "prlimit", pattern: /util-linux (\S+)/, package: "util-linux" },
  { tool: "cksum", pattern: /GNU coreutils\) (\S+)/, package: "coreutils" }
]

const toolFinding = ({ tool, pattern, package: debian }: Needed): Effect.Effect<Finding> => {
  const about = { app: null, what: tool }
  return run(tool, ["--version"], { timeoutMs: 10_000 }).pipe(
    Effect.map(({ stdout }) => {
      const version = pattern.exec(stdout)?.[1]
      return version === undefined
        ? fail(about, `this is not the ${tool} of GNU/Linux`, `apt-get install ${debian}`)
        : ok(about, version)
    }),
    Effect.catch((error) => Effect.succeed(fail(about, error.said, `apt-get install ${debian}`)))
  )
}

/** Folders of the caller's PATH that lastgood does not use (LAW-17). */
const pathFindings = Effect.map(variable("PATH"), (path) =>
  leftOutOf(path ?? "").map(({ folder, why }) =>
    warn(
      { app: null, what: "PATH" },
      `${folder === "" ? "an empty entry" : folder} is not used: ${why}`,
      "remove it from PATH, or make sure that only root and this user can write there"
    )
  )
)

const held = describeContainment().pipe(
  Effect.catch(({ message }) => Effect.succeed(`but their containment could not be tested: ${message}`))
)

const aboutRuntime = (kind: RuntimeKind) => ({ app: null, what: `runtime ${kind}` })

/** The runtimes that cannot be asked anything. */
export const deadRuntimes = (
  host: ReadonlyArray<Finding>,
  kinds: ReadonlyArray<RuntimeKind>
): ReadonlySet<RuntimeKind> =>
  new Set(kinds.filter((kind) => host.some(({ level, what }) => level === "fail" && what === aboutRuntime(kind).what)))

const runtimeFindings = (kind: RuntimeKind) =>
  Effect.gen(function* () {
    const { version } = yield* (yield* (yield* Runtimes).get(kind)).available
    // The local runtime is part of lastgood.
    const seen = runtimeTraits[kind].startsAgain ? version : `plain processes of this host, ${yield* held}`
    return [ok(aboutRuntime(kind), seen)]
  }).pipe(orFail(aboutRuntime(kind)))

export const hostFindings = Effect.fn("Doctor.host")(function* (root: string, runtimes: ReadonlyArray<RuntimeKind>) {
  const found = [
    yield* rootFindings(root),
    yield* logFindings,
    yield* pathFindings,
    yield* Effect.forEach(tools, toolFinding, { concurrency: "unbounded" }),
    ...(yield* Effect.forEach(runtimes, runtimeFindings))
  ]
  return found.flat()
})
