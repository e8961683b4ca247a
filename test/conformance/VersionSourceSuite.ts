/**
 * The contract of the port `VersionSource`, as tests over any adapter. A subject makes versions come, move and go as its
 * kind of source does.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import type { EffectiveApp } from "@lastgood/core/domain/App"
import type { Ref } from "@lastgood/core/domain/Ref"
import { changeBetween, compareVersions, isVersion } from "@lastgood/core/domain/Version"
import { type Offer, VersionSource } from "@lastgood/core/version/VersionSource"
import { layer } from "@lastgood/core/version/VersionsLive"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { vi } from "vitest"
import { describeNeeding } from "../needing.ts"
import { lookingAt } from "./lookingAt.ts"

// Each release is synced to a disk that others may be writing to.
vi.setConfig({ testTimeout: 120_000 })

export interface Subject {
  readonly app: EffectiveApp
  /** Makes a version that is newer than all before, by a step of this size. */
  readonly publish: (step: "minor" | "major") => Effect.Effect<void>
  /** What the newest version was named by is other content from now on. */
  readonly move: Effect.Effect<void>
  /** What the newest version was named by is gone. */
  readonly drop: Effect.Effect<void>
  /** The remote, or the registry, does not answer from now on. */
  readonly away: Effect.Effect<void>
}

export interface SuiteOptions {
  readonly missing?: string | null
  /** A set that holds a major is offered beside the one that does not: `false` where the order of commits says what comes. */
  readonly movedIsOffered: boolean
}

const refOf = ({ commit, version }: Offer): Ref => ({ commit, version })

const newestOf = (offers: ReadonlyArray<Offer>): Offer => offers.at(-1) ?? assert.fail("no version is on offer")

const firstOf = (offers: ReadonlyArray<Offer>): Offer => offers[0] ?? assert.fail("no version is on offer")

export const suite = (
  name: string,
  make: (folder: string) => Effect.Effect<Subject, unknown, Scope.Scope>,
  { missing = null, movedIsOffered }: SuiteOptions
) =>
  describeNeeding("LASTGOOD_TEST_REGISTRY", missing, `VersionSource: ${name}`, () => {
    const check = (
      title: string,
      body: (subject: Subject, versions: VersionSource["Service"]) => Effect.Effect<void, unknown, Scope.Scope>
    ) =>
      it.live(title, () =>
        Effect.gen(function* () {
          const subject = yield* make(yield* temporaryFolder())
          yield* body(subject, yield* VersionSource)
        }).pipe(Effect.scoped, Effect.provide(layer))
      )

    /** The first version, laid out as it is when it runs. */
    const install = Effect.fnUntraced(function* (versions: VersionSource["Service"], app: EffectiveApp) {
      const ref = refOf(newestOf(yield* versions.list(app, lookingAt(null))))
      return { ref, release: yield* versions.checkout(app, ref, null) }
    })

    check(
      "names versions that have a place in the order, in ascending order, the same each time",
      (subject, versions) =>
        Effect.gen(function* () {
          const { app } = subject
          const { ref } = yield* install(versions, app)
          yield* subject.publish("minor")
          const offers = yield* versions.list(app, lookingAt(ref))
          assert.deepStrictEqual(yield* versions.list(app, lookingAt(ref)), offers)
          assert.deepStrictEqual(
            offers.map(({ version }) => version),
            offers.map(({ version }) => version).toSorted(compareVersions)
          )
          for (const { at, commit, version } of offers) {
            assert.isTrue(isVersion(version), version)
            assert.match(commit, /^([0-9a-f]{40}|[0-9a-f]{64})$/)
            assert.isAtLeast(at, 0)
          }
          assert.deepInclude(offers.map(refOf), ref)
        })
    )

    check("offers a newer version without a major, also where there is one", (subject, versions) =>
      Effect.gen(function* () {
        const { app } = subject
        const { ref } = yield* install(versions, app)
        yield* subject.publish("minor")
        yield* subject.publish("major")
        const newer = (yield* versions.list(app, lookingAt(ref))).filter(
          (o) => compareVersions(o.version, ref.version) > 0
        )
        assert.deepStrictEqual(
          newer.map(({ version }) => changeBetween(ref.version, version)),
          ["minor", "major"]
        )
      })
    )

    check("lays a version out, and finds it again when nobody can be asked any more", (subject, versions) =>
      Effect.gen(function* () {
        const { app } = subject
        const { ref, release } = yield* install(versions, app)
        assert.include(readFileSync(join(release.dir, "compose.yml"), "utf8"), "services")
        yield* subject.away
        assert.deepStrictEqual(yield* versions.existing(app, ref), release)
        assert.deepStrictEqual(yield* versions.checkout(app, ref, null), release)
        const offers = yield* versions.list(app, lookingAt(ref, false))
        assert.deepInclude(offers.map(refOf), ref)
        assert.deepStrictEqual(yield* versions.find(app, ref.version, lookingAt(ref, false)), offers[0])
      })
    )

    check("says what failed and what to do when it cannot ask", (subject, versions) =>
      Effect.gen(function* () {
        const { app } = subject
        const { ref } = yield* install(versions, app)
        yield* subject.away
        const error = yield* Effect.flip(versions.list(app, lookingAt(ref)))
        assert.strictEqual(error._tag, "RecipeUnavailable")
        assert.isNotEmpty(error.next)
      })
    )

    check(
      "takes what moved under the same name for another version, and leaves what runs as it was",
      (subject, versions) =>
        Effect.gen(function* () {
          const { app } = subject
          const { ref, release } = yield* install(versions, app)
          yield* subject.move
          const moved = newestOf(yield* versions.list(app, lookingAt(ref)))
          assert.notStrictEqual(moved.commit, ref.commit)
          assert.strictEqual(compareVersions(moved.version, ref.version) > 0, movedIsOffered)
          assert.notStrictEqual((yield* versions.checkout(app, refOf(moved), null)).dir, release.dir)
          assert.deepStrictEqual(yield* versions.existing(app, ref), release)
        })
    )

    check("goes back to a version whose name is gone", (subject, versions) =>
      Effect.gen(function* () {
        const { app } = subject
        const { ref, release } = yield* install(versions, app)
        yield* subject.drop
        assert.deepStrictEqual(yield* versions.checkout(app, ref, null), release)
      })
    )

    check("knows no version that nobody made", (subject, versions) =>
      Effect.gen(function* () {
        const { app } = subject
        const { ref } = yield* install(versions, app)
        for (const name of ["0.0.0-nobody", "$(id)", "--upload-pack=x", "../../etc", ""]) {
          const found = yield* Effect.result(versions.find(app, name, lookingAt(ref)))
          if (found._tag === "Success") assert.isNull(found.success, name)
          else assert.strictEqual(found.failure._tag, "RecipeUnavailable")
        }
      })
    )

    check("looks at a version elsewhere without leaving anything in the app's folder", (subject, versions) =>
      Effect.gen(function* () {
        const { app } = subject
        const ref = refOf(firstOf(yield* versions.list(app, lookingAt(null))))
        const elsewhere = yield* temporaryFolder()
        const release = yield* versions.checkout(app, ref, null, elsewhere)
        assert.isTrue(release.dir.startsWith(elsewhere))
        assert.isNull(yield* versions.existing(app, ref))
      })
    )

    check("removes the releases of all versions but those that are kept", (subject, versions) =>
      Effect.gen(function* () {
        const { app } = subject
        const { ref, release } = yield* install(versions, app)
        yield* subject.publish("minor")
        const next = refOf(newestOf(yield* versions.list(app, lookingAt(ref))))
        yield* versions.checkout(app, next, null)
        assert.deepStrictEqual(yield* versions.prune(app, [ref]), [next.commit])
        assert.isNull(yield* versions.existing(app, next))
        assert.deepStrictEqual(yield* versions.existing(app, ref), release)
      })
    )
  })
