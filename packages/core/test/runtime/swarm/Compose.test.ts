// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { parse } from "yaml"
import { composeOf, mergeCompose } from "../../../src/runtime/docker/Compose.ts"
import { interpolate } from "../../../src/runtime/docker/interpolate.ts"

const model = (text: string) => composeOf(parse(text, { merge: true }), "shop", "/recipe")

const short = `
services:
  web:
    image: web:1
    tmpfs: /run
    volumes: [data:/data, /anon, ./conf:/conf:ro, "/srv/x:/x"]
volumes: {data: , old: {external: {name: elsewhere}}, named: {name: mine}}
secrets: {key: {external: true}, file: {file: ./key}}
`
const long = `
services:
  web:
    image: web:1
    volumes:
      - {type: volume, source: data, target: /data}
      - {type: volume, target: /anon}
      - {type: bind, source: /recipe/conf, target: /conf, read_only: true}
      - {type: bind, source: /srv/x, target: /x}
      - {type: tmpfs, target: /run}
volumes: {data: {}, old: {name: elsewhere, external: true}, named: {name: mine}}
secrets: {key: {name: key, external: true}, file: {file: /recipe/key}}
`

describe("Compose", () => {
  it.effect("reads the short and the long forms", () =>
    Effect.gen(function* () {
      const read = yield* model(short)
      assert.deepStrictEqual(read, yield* model(long))
      assert.deepStrictEqual(
        read.volumes.map(({ name, external }) => [name, external]),
        [
          ["shop_data", false],
          ["elsewhere", true],
          ["mine", false]
        ]
      )
    })
  )

  it.effect("lets a later file override an earlier one", () =>
    Effect.gen(function* () {
      const first = yield* model(short)
      const later = yield* model(`
services:
  web: {image: "web:2", volumes: [other:/data]}
  db: {image: "db:1"}
volumes: {data: {driver: nfs}}
`)
      const { services, volumes } = mergeCompose(first, later)
      const [web, db] = services
      assert.deepStrictEqual([web?.image, web?.mounts[0]?.source, web?.mounts.length], ["web:2", "other", 5])
      assert.strictEqual(db?.name, "db")
      assert.strictEqual(volumes[0]?.driver, "nfs")
    })
  )
})

describe("interpolate", () => {
  const of = (text: string, variables: Readonly<Record<string, string>> = { A: "1", EMPTY: "" }) =>
    Result.match(interpolate({ key: [text] }, variables), {
      onSuccess: (value) => JSON.stringify(value),
      onFailure: ({ reason }) => reason
    })

  it("supports every form that docker supports", () => {
    const expectations: ReadonlyArray<readonly [text: string, expected: string]> = [
      ["$A ${A} $$A $NONE.", "1 1 $A ."],
      ["${NONE:-x} ${NONE-x} ${EMPTY:-x} ${EMPTY-x} ${A:-x}", "x x x  1"],
      ["${A:?no} ${EMPTY?no}", "1 "]
    ]
    for (const [text, expected] of expectations) {
      assert.strictEqual(of(text), JSON.stringify({ key: [expected] }), text)
    }
  })

  it("refuses a missing required variable and a lone $, and prints no value", () => {
    assert.strictEqual(of("${NONE:?set it}"), "the required variable NONE has no value: set it")
    assert.strictEqual(of("${EMPTY:?}"), "the required variable EMPTY has no value")
    assert.match(of("secret $ {", { A: "secret" }), /^a \$ that does not start a variable/)
  })

  it("does not interpolate keys", () => {
    assert.deepStrictEqual(interpolate({ $A: "$A" }, { A: "1" }), Result.succeed({ $A: "1" }))
  })
})
