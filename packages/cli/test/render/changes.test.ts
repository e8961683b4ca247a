import { assert, describe, it } from "@effect/vitest"
import { changesText } from "../../src/render/changes.ts"

const digest = (letter: string): string => `@sha256:${letter.repeat(64)}`
const none = { added: [], removed: [] }

describe("what a plan shows of changes", () => {
  const image = { service: "web", version: null, source: null, revision: null }

  it("is nothing where nothing changes", () => {
    assert.strictEqual(changesText({ images: [], changes: null }), "")
  })

  it("shortens digests and names what the new image says of itself, within 80 columns", () => {
    const text = changesText({
      images: [
        {
          ...image,
          from: `ghcr.io/acme/app:latest${digest("a")}`,
          to: `ghcr.io/acme/app:latest${digest("b")}`,
          version: "1.7.0",
          source: "https://github.com/acme/app",
          revision: "c0ffee".repeat(6)
        },
        { ...image, service: "db", from: `postgres:16.4${digest("a")}`, to: `postgres:16.10${digest("b")}` },
        { ...image, service: "new", from: null, to: "cache:1" },
        { ...image, service: "old", from: "proxy:1", to: null }
      ],
      changes: null
    })
    assert.strictEqual(
      text,
      `  image      web: ghcr.io/acme/app:latest, sha256:aaaaaaaaaaaa… →
               sha256:bbbbbbbbbbbb… (version 1.7.0, source
               https://github.com/acme/app, revision c0ffeec0ffee)
  image      db: postgres:16.4@sha256:aaaaaaaaaaaa… →
               postgres:16.10@sha256:bbbbbbbbbbbb…
  image      new: new, cache:1
  image      old: proxy:1 is removed`
    )
  })

  it("names what a service asks of the host, and no escape sequence", () => {
    const service = {
      service: "web",
      is: "changed",
      ports: { added: ["8081:80/tcp"], removed: ["8080:80/tcp"] },
      mounts: { added: ["cache:/cache"], removed: [] },
      variables: { added: ["A"], removed: ["B"], changed: ["C"] },
      settings: ["command", "user"]
    } as const
    const text = changesText({
      images: [],
      changes: {
        services: [
          service,
          { ...service, service: "job\u001b[31m", is: "new", ports: none, settings: ["command"] },
          { ...service, service: "old", is: "removed" }
        ],
        volumes: { added: ["cache"], removed: [] },
        networks: none,
        secrets: none,
        configs: none
      }
    })
    assert.strictEqual(
      text,
      `  change     web: ports +8081:80/tcp -8080:80/tcp; mounts +cache:/cache;
               variables +A -B; other values of C; other command user
  change     job?[31m: new service; mounts +cache:/cache; variables +A -B;
               other values of C
  change     old: removed
  change     volumes +cache`
    )
  })
})
