// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
/** Files of the operator outside of the app's folder, of which a release has copies. */
import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { withKeptContents, withKeptEnvFiles } from "../../../src/runtime/compose/keptFiles.ts"

const kept = [
  "inside.env",
  ".lastgood/outside/etc/app.env",
  ".lastgood/outside/up/common.env",
  ".lastgood/outside/etc/key"
]

const places = Effect.gen(function* () {
  const copy = yield* temporaryFolder()
  for (const path of kept) {
    yield* Effect.promise(() => mkdir(dirname(join(copy, path)), { recursive: true }))
    yield* Effect.promise(() => writeFile(join(copy, path), ""))
  }
  return { copy, folder: "/up/app" }
})

const text = `
x-base: &base # shared
  env_file: [/etc/app.env, ../common.env]
services:
  web:
    <<: *base
    image: "acme/web:$TAG"   # quoted
    volumes: !reset [ "/etc/app.env:/x" ]
  db:
    env_file:
      - path: '$ETC/app.env'
        required: false
      - /up/app/inside.env
      - inside.env
      - /etc/none.env
    labels: { env_file: /etc/app.env }
secrets: { key: { file: /etc/app.env } }
`

describe("a compose file that names env files elsewhere", () => {
  /** Verifies: LAW-2 */
  it.live("names the copies of a release instead, and is otherwise the same to the letter", () =>
    Effect.gen(function* () {
      const given = yield* places
      const written = { text, base: "/up/app", variables: { ETC: "/etc" } }
      const said = (yield* withKeptEnvFiles(given, written)) ?? ""
      const quoted = (path: string) => JSON.stringify(join(given.copy, path))
      const expected = text
        .replace("[/etc/app.env, ../common.env]", `[${quoted(kept[1] ?? "")}, ${quoted(kept[2] ?? "")}]`)
        .replace("'$ETC/app.env'", quoted(kept[1] ?? ""))
        .replace("- /up/app/inside.env", `- ${quoted("inside.env")}`)
      assert.strictEqual(said, expected)
      assert.isNull(yield* withKeptEnvFiles({ ...given, copy: "/nowhere" }, written))
      assert.isNull(
        yield* withKeptEnvFiles(given, { ...written, text: "services: { a: { env_file: [/etc/app.env } }" })
      )
    }).pipe(Effect.scoped)
  )

  it.live("has the copies of secrets and configs in its model", () =>
    Effect.gen(function* () {
      const given = yield* places
      const model = {
        services: {},
        secrets: { a: { file: "/etc/key" }, b: { environment: "B" } },
        configs: { c: { file: "/etc/none" } }
      }
      assert.deepStrictEqual(yield* withKeptContents(given, model), {
        ...model,
        secrets: { ...model.secrets, a: { file: join(given.copy, ".lastgood/outside/etc/key") } }
      })
    }).pipe(Effect.scoped)
  )
})
