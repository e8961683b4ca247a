import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parse } from "yaml"
import { outlineDifference } from "../../../src/domain/Outline.ts"
import { composeOf } from "../../../src/runtime/docker/Compose.ts"
import { outlineIn } from "../../../src/runtime/docker/outline.ts"

const difference = (before: string, after: string) =>
  Effect.gen(function* () {
    const read = (text: string, folder: string) => composeOf(parse(text), "shop", folder)
    const old = yield* read(before, "/root/web/releases/aaaa/recipe")
    const next = yield* read(after, "/root/web/releases/bbbb/recipe")
    return outlineDifference(outlineIn(old), outlineIn(next))
  })

const none = { added: [], removed: [] }
const same = { ports: none, mounts: none, variables: { ...none, changed: [] }, settings: [] }
const noObjects = { volumes: none, networks: none, secrets: none, configs: none }

describe("what differs between two releases", () => {
  it.effect("is nothing for paths into the release and for images, which are shown apart", () =>
    Effect.gen(function* () {
      const text = (image: string) =>
        `services: { web: { image: "${image}", volumes: ["./nginx.conf:/etc/nginx.conf:ro"], label_file: ./labels } }`
      assert.isNull(yield* difference(text("web:1"), text("web:2")))
    })
  )

  it.effect("is told of ports, mounts, variables, other keys, and services that come and go", () =>
    Effect.gen(function* () {
      const before = `
services:
  web: { image: web, ports: ["8080:80"], volumes: [data:/data, ./old:/old], command: a, environment: [A=1, B=1] }
  db: { image: db }
volumes: { data: {} }`
      const after = `
services:
  web:
    image: web
    ports: [{ target: 80, published: "8081", host_ip: 127.0.0.1 }]
    volumes: [data:/data, "./new:/old:ro"]
    command: b
    user: "1000"
    environment: { B: "2", C: "1" }
  cache: { image: cache, tmpfs: /run, environment: { SIZE: 1 } }
volumes: { data: {}, more: {} }
networks: { back: {} }`
      assert.deepStrictEqual(yield* difference(before, after), {
        services: [
          {
            ...same,
            service: "cache",
            is: "new",
            mounts: { added: ["tmpfs:/run"], removed: [] },
            variables: { added: ["SIZE"], removed: [], changed: [] }
          },
          { ...same, service: "db", is: "removed" },
          {
            service: "web",
            is: "changed",
            ports: { added: ["127.0.0.1:8081:80/tcp"], removed: ["8080:80"] },
            mounts: { added: ["./new:/old:ro"], removed: ["./old:/old"] },
            variables: { added: ["C"], removed: ["A"], changed: ["B"] },
            settings: ["command", "user"]
          }
        ],
        ...noObjects,
        volumes: { added: ["more"], removed: [] },
        networks: { added: ["back"], removed: [] }
      })
    })
  )

  /** Verifies: LAW-12 */
  it.effect("never contains a value", () =>
    Effect.gen(function* () {
      const text = (value: string) => `
services:
  web:
    image: web
    command: --password=canary-${value}
    labels: { "auth.users": "admin:canary-${value}" }
    environment: ["PASSWORD=canary-${value}", "TOKEN : canary-${value}", "URL=https://u:canary-${value}@h"]
    healthcheck: { test: ["CMD", "curl", "-u", "u:canary-${value}"] }
secrets: { key: { environment: KEY } }`
      const found = JSON.stringify(yield* difference(text("1"), text("2")))
      assert.include(found, '"changed":["PASSWORD","URL"]')
      assert.include(found, '"settings":["command","healthcheck","labels"]')
      assert.notInclude(found, "canary")
      const plain = outlineIn(yield* composeOf(parse(text("1")), "shop", "/r"))
      assert.notInclude(
        JSON.stringify([...plain.services].map(([, { settings, variables }]) => [...settings, ...variables])),
        "canary"
      )
    })
  )
})
