/** How often registries are asked for a project of many images with many tags. */
import { createHash } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { VersionSource } from "@lastgood/core/version/VersionSource"
import { layer } from "@lastgood/core/version/VersionsLive"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { fakeRegistry } from "../../packages/core/test/version/registry/fake.ts"
import { lookingAt } from "./lookingAt.ts"

const services = 20
/** In the middle, newer ones after them: `1.0.0` … `1.0.999`, `1.1.0` …, `2.0.0` …. */
const tags = ["1.0", "1.1", "2.0"].flatMap((minor) => Array.from({ length: 667 }, (_, i) => `${minor}.${i}`))

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`

/** An image that is only a configuration, for each tag. */
const imageOf = (repository: string, tag: string) => {
  const config = JSON.stringify({ created: "2026-11-01T00:00:00Z", config: { Labels: { repository, tag } } })
  const manifest = JSON.stringify({ config: { digest: digestOf(config) } })
  return { config, manifest, digest: digestOf(manifest) }
}

const registryOfMany = Effect.suspend(() => {
  const blobs = new Map<string, string>()
  return fakeRegistry(({ url = "" }, response) => {
    const { pathname, searchParams } = new URL(url, "http://registry")
    const [, repository = "", kind, reference = ""] = /^\/v2\/(.+)\/(tags|manifests|blobs)\/(.+)$/.exec(pathname) ?? []
    if (kind === "tags") {
      const [from, count] = [tags.indexOf(searchParams.get("last") ?? "") + 1, Number(searchParams.get("n"))]
      const page = tags.slice(from, from + count)
      const more = from + count < tags.length
      if (more) response.setHeader("link", `<${pathname}?n=${count}&last=${page.at(-1)}>; rel="next"`)
      return void response.end(JSON.stringify({ tags: page }))
    }
    const known = blobs.get(reference)
    if (known !== undefined) return void response.end(known)
    const { config, digest, manifest } = imageOf(repository, reference)
    blobs.set(digest, manifest).set(digestOf(config), config)
    response.setHeader("docker-content-digest", digest).end()
  })
})

describe("a project of many images", () => {
  it.live(
    "asks for each page of tags and for the digests of the newest ones, and never again for an image that it knows",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder()
        const registry = yield* registryOfMany
        const names = Array.from({ length: services }, (_, i) => `app${i}`)
        const recipe = join(folder, "recipe")
        mkdirSync(recipe)
        // The last two services share an image.
        const lines = [...names, "worker"].map(
          (name) => `  ${name}: { image: "${registry.host}/acme/${name === "worker" ? "app19" : name}:1.0.5" }\n`
        )
        writeFileSync(join(recipe, "compose.yml"), `services:\n${lines.join("")}`)
        const rules = [...names, "worker"].map((service) => ({
          service,
          name: null,
          following: { by: "semver" } as const
        }))
        const app = testApp({
          name: "many",
          runtime: "compose",
          recipe,
          versions: { kind: "images", rules, fixed: [] },
          dir: join(folder, "root/many")
        })
        const versions = yield* VersionSource
        const counted = Effect.fnUntraced(function* (running: Parameters<typeof lookingAt>[0]) {
          const before = registry.asked.length
          const offers = yield* versions.list(app, lookingAt(running))
          const asked = registry.asked.slice(before)
          const of = (pattern: RegExp) => asked.filter((one) => pattern.test(one)).length
          return { offers, pages: of(/tags\/list/), heads: of(/^HEAD/), gets: of(/^GET .*(manifests|blobs)/) }
        })
        const first = yield* counted(null)
        const ref = first.offers[0] ?? assert.fail()
        yield* versions.checkout(app, ref, null)
        yield* counted(ref)
        const again = yield* counted(ref)
        assert.lengthOf(again.offers, 3)
        assert.deepStrictEqual(
          { pages: again.pages, heads: again.heads, gets: again.gets },
          { pages: 3 * services, heads: 3 * (services + 1), gets: 0 }
        )
      }).pipe(Effect.scoped, Effect.provide(layer)),
    120_000
  )
})
