/** The tags of a recipe's repository. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { makeRecent } from "../domain/recent.ts"
import { compareVersions, parseVersion } from "../domain/Version.ts"
import type { ToolFailed } from "../process/Tool.ts"
import { git, type Repository, unavailable } from "./git.ts"
import { isCommit } from "./releaseLayout.ts"
import { tagsMark } from "./tagsMark.ts"
import type { Offer } from "./VersionSource.ts"

/** One line per tag. Fields are separated by NUL, the only byte that cannot occur in a field. */
const format = [
  "%(refname:strip=2)",
  "%(objecttype)",
  "%(objectname)",
  "%(*objecttype)",
  "%(*objectname)",
  "%(creatordate:unix)",
  "%(*committerdate:unix)"
].join("%00")

/** The tags that this process has read, by repository. Several apps often have one recipe. */
export interface KnownTags {
  readonly of: (repository: Repository, mark: string) => ReadonlyArray<Offer> | null
  readonly keep: (repository: Repository, mark: string, tags: ReadonlyArray<Offer>) => void
}

/** About as many as a host has recipes. */
const mostKnown = 1000

const makeKnownTags = (): KnownTags => {
  const known = makeRecent<{ readonly mark: string; readonly tags: ReadonlyArray<Offer> }>(mostKnown)
  return {
    of: ({ path }, mark) => {
      const found = known.get(path)
      return found?.mark === mark ? found.tags : null
    },
    keep: ({ path }, mark, tags) => known.set(path, { mark, tags })
  }
}

/** One for the whole process: the services of a pass live only as long as the pass. */
export const KnownTags = Context.Reference<KnownTags>("lastgood/version/KnownTags", { defaultValue: makeKnownTags })

/**
 * Every tag of a commit, annotated or lightweight, with that commit. `version` is the tag's name, a version or not.
 * Tags of files and folders are left out. git is asked only if something that it reads has changed.
 */
export const allTags = Effect.fnUntraced(function* (repository: Repository) {
  const known = yield* KnownTags
  // Before git reads them: what changes meanwhile has another mark.
  const mark = tagsMark(repository, yield* Clock.currentTimeMillis)
  const before = mark === null ? null : known.of(repository, mark)
  if (before !== null) return before
  const tags = yield* readTags(repository)
  if (mark !== null) known.keep(repository, mark, tags)
  return tags
})

const readTags = Effect.fn("Git.readTags")(function* (repository: Repository) {
  const failed = unavailable(
    repository.of ?? repository.path,
    "its tags cannot be read",
    "check the repository (git fsck)"
  )
  const { stdout } = yield* Effect.mapError(
    git(repository, ["for-each-ref", `--format=${format}`, "refs/tags"]),
    failed
  )
  const lines = stdout.split("\n").filter((line) => line !== "")
  const found = yield* Effect.forEach(lines, (line): Effect.Effect<Offer | null, ToolFailed> => {
    const [version = "", type, object = "", targetType, target = "", createdAt, committedAt] = line.split("\0")
    const at = Number(createdAt || committedAt) * 1000
    if (type === "commit") return Effect.succeed({ version, commit: object, at })
    if (targetType === "commit") return Effect.succeed({ version, commit: target, at })
    // A tag of a tag: `*` dereferences only one level (until git 2.45).
    if (targetType === "tag") {
      return Effect.map(peel(repository, object), (commit) => (commit === null ? null : { version, commit, at }))
    }
    return Effect.succeed(null)
  }).pipe(Effect.mapError(failed))
  return found.filter((tag) => tag !== null)
})

/** The commit of an object name or revision; null: it is none, or more than one (`^main`, `a..b`). */
export const peel = (repository: Repository, revision: string) =>
  git(repository, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`], {
    codes: [0, 1, 128]
  }).pipe(Effect.map(({ code, stdout }) => (code === 0 && isCommit(stdout.trim()) ? stdout.trim() : null)))

/** The tags that are versions, in ascending order. */
export const versionsAmong = (tags: ReadonlyArray<Offer>): ReadonlyArray<Offer> =>
  tags.filter((tag) => parseVersion(tag.version) !== null).sort((a, b) => compareVersions(a.version, b.version))
