/** Checks the host: a writable root, a filesystem that can hold the log, and the tools. */
import { constants } from "node:fs"
import { access, stat, statfs } from "node:fs/promises"
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

const rootFindings = (root: string): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.promise(async () => {
    const place = await nearest(root)
    const about = { app: null, what: "root" }
    const trouble = await access(place, constants.W_OK | constants.X_OK).then(
      () => null,
      (cause: unknown) => codeOf(cause)
    )
    const isFolder = await stat(place).then(
      (info) => info.isDirectory(),
      () => false
    )
    const name =
      "run lastgood as root, or name another folder with --root, $LASTGOOD_ROOT or root: in the configuration"
    if (!isFolder) return [fail(about, `${place} is not a folder`, name)]
    if (trouble === "EROFS") {
      const seen = `cannot write to ${root}: its filesystem is read-only, so only commands that read work`
      const next = `mount the filesystem read-write (findmnt -T ${place} names it, dmesg shows why it is read-only)`
      return [fail(about, seen, next)]
    }
    if (trouble !== null) return [fail(about, `cannot write to ${root}: ${trouble}`, name)]
    const first = ok(about, place === root ? `${root} is writable` : `the first command that writes creates ${root}`)
    const { type } = await statfs(place)
    const network = networkFilesystems[type]
    const filesystem = { app: null, what: "filesystem" }
    if (network !== undefined) {
      return [
        first,
        fail(filesystem, `${root} is on ${network}, which cannot hold the log`, "name a root on a local disk")
      ]
    }
    return type === fuse
      ? [
          first,
          warn(filesystem, `${root} is on FUSE, which may not be able to hold the log`, "prefer a root on a local disk")
        ]
      : [first, ok(filesystem, "the root is on a local filesystem")]
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

const runtimeFindings = (kind: RuntimeKind) =>
  Effect.gen(function* () {
    const { version } = yield* (yield* (yield* Runtimes).get(kind)).available
    // The local runtime is part of lastgood.
    const seen = runtimeTraits[kind].startsAgain ? version : `plain processes of this host, ${yield* held}`
    return [ok({ app: null, what: `runtime ${kind}` }, seen)]
  }).pipe(orFail({ app: null, what: `runtime ${kind}` }))

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
