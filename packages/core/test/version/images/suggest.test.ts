import { assert, describe, it } from "@effect/vitest"
import { suggestFor, versionsLine } from "../../../src/version/images/suggest.ts"

const digest = `sha256:${"a".repeat(64)}`

describe("The suggestion for an image", () => {
  it.each([
    ["gitea/gitea:1.22.3", "semver"],
    ["postgres:16.4-alpine", "semver"],
    ["ghcr.io/acme/app:v2.0", "semver"],
    ["minio/minio:RELEASE.2024-12-18T13-15-44Z", "semver"],
    ["homeassistant/home-assistant:2024.12", "semver"],
    ["redis:7-alpine", "digest"],
    ["postgres:16", "digest"],
    ["nginx:latest", "digest"],
    ["nginx", "digest"],
    [`nginx:1.27@${digest}`, "pinned"],
    ["nginx:", "none"],
    [null, "none"]
  ] as const)("%s is followed by %s", (image, follow) => {
    assert.strictEqual(suggestFor(image, false).follow, follow)
  })

  it("names the image without its tag", () => {
    assert.deepStrictEqual(suggestFor("127.0.0.1:5000/app:1.0", false), {
      name: "127.0.0.1:5000/app",
      tag: "1.0",
      follow: "semver"
    })
  })

  it("is one line for all services", () => {
    const line = (...images: ReadonlyArray<string>) =>
      versionsLine(
        images.map((image, i) => ({ name: `s${i}`, versions: suggestFor(image, image.startsWith("local")) }))
      )
    assert.strictEqual(line("nginx", "postgres:16"), "versions: digest")
    assert.strictEqual(line("nginx:1.2.3", "postgres:16"), "versions: { image: { service: s0 } }")
    assert.strictEqual(line("nginx", "local:1.2"), "versions: { fixed: [s1] }")
    assert.strictEqual(line("a:1.2", "local"), "versions: { image: { service: s0 }, fixed: [s1] }")
    assert.strictEqual(line("a:1.2", "b:3.4"), "versions: { image: [{ service: s0 }, { service: s1 }] }")
  })
})
