/** Values that were given in confidence, looked for in every answer of the daemon. */
import { connect } from "node:net"
import { assert, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import { expectCode } from "../../expect.ts"
import { harms, v2, waitUntil } from "../../harness.ts"
import { serving } from "./serving.ts"

const secret = "c4n+ry/correct-horse=battery"
const others = {
  inline: "inl1ne-correct-horse",
  probe: "pr0be-correct-horse",
  remote: "rem0te-correct-horse",
  sink: "s1nk-correct-horse",
  ping: "p1ng-correct-horse",
  registry: "reg1stry-correct-horse"
}

/** Each secret as it stands, and as programs write it. */
const forms = [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("hex"),
  ...[0, 1, 2].map((before) =>
    Buffer.from(`${"u".repeat(before)}${secret}`)
      .toString("base64")
      .slice(4, -4)
  ),
  ...Object.values(others),
  Buffer.from(`u:${others.registry}`).toString("base64")
]

/** A version that prints all that it knows, in every disguise, and ends. */
const tellsAll = `web: INLINE_PASSWORD=${others.inline} sh -c 'printf "%s\\n" "plain $SECRET" "https://bot:$SECRET@h/x?t=$SECRET" "Authorization: Basic $(printf "u:%s" "$SECRET" | base64)" "$(printf %s "$SECRET" | od -An -tx1 | tr -d " \\n") inline $INLINE_PASSWORD" >&2; exit 7'\n`

const top = `notify: ["ntfy://u:${others.sink}@127.0.0.1:1/topic?scheme=http", "generic+http://127.0.0.1:1/hook?token=${others.sink}"]
ping: http://127.0.0.1:1/${others.ping}`

/** What a stream of the log sends within two seconds. */
const streamed = (path: string, headers: string) =>
  Effect.callback<string>((resume) => {
    let text = ""
    const socket = connect(path, () =>
      socket.write(`GET /api/v1/log HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n`)
    )
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
    })
    const timer = setTimeout(() => socket.destroy(), 2000)
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(text)))
    return Effect.sync(() => {
      clearTimeout(timer)
      socket.destroy()
    })
  })

/** Verifies: LAW-12 */
it.live(
  "no answer of the daemon has a secret",
  () =>
    Effect.gen(function* () {
      const { get, json, post, start, token, world } = yield* serving("", {
        top,
        env: { SECRET: secret },
        config: "    interval: 1h\n"
      })
      const config = (yield* world.textOf("lastgood.yaml")) ?? ""
      yield* world.write(
        "lastgood.yaml",
        config.replace(
          'checks: [{ http: "http://',
          `checks: [{ exec: "test $LASTGOOD_VERSION != ${v2} || { echo $SECRET ${others.probe} >&2; exit 1; }" }, { http: "http://probe:${others.probe}@`
        )
      )
      const auth = Buffer.from(`u:${others.registry}`).toString("base64")
      yield* world.write("config.json", JSON.stringify({ auths: { "registry.example": { auth } } }))
      const procfile = (yield* world.textOf("recipe", "Procfile")) ?? ""
      yield* world.write("recipe/Procfile", tellsAll)
      yield* world.tag("1.0.1+1.0.1")
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      yield* world.write("recipe/Procfile", procfile)
      yield* world.tag(v2, harms)
      yield* Effect.orDie(
        run("git", [
          ...["-C", world.at("recipe"), "remote", "add", "origin"],
          `http://bot:${others.remote}@127.0.0.1:1/r.git?t=${others.remote}`
        ])
      )
      yield* start
      const bearer = yield* token
      const canaries = [...forms, bearer]
      const answers: Array<readonly [what: string, text: string]> = []
      const heard = (what: string, answer: { readonly headers: unknown; readonly text: string }) =>
        void answers.push([what, JSON.stringify(answer.headers) + answer.text])

      // An attempt that fails while the daemon works for the API.
      heard("upgrade", yield* post("/api/v1/apps/demo/upgrade", { to: v2, fetch: false }))
      yield* waitUntil(
        "the attempt does not end",
        Effect.map(
          world.log,
          ({ events }) =>
            events.findLast(({ stream }) => stream === "app/demo")?.type === "AlertDelivered" ||
            events.filter(({ type }) => type === "AttemptEnded").length >= 3
        ),
        90_000
      )

      const { paths } = yield* json("/openapi.json")
      const found: ReadonlyArray<string> = Object.keys(paths)
      assert.isAbove(found.length, 15)
      for (const path of found) {
        for (const app of ["demo", "nothing", "_host"]) {
          const at = path.replace("{app}", app)
          if ("get" in paths[path]) {
            for (const query of ["", "?all=true&limit=1000&fetch=true", "?app=nothing&snapshot=none"]) {
              heard(`GET ${at}${query}`, yield* get(`${at}${query}`))
            }
          }
          if ("post" in paths[path]) {
            for (const body of [
              null,
              [],
              { version: "9.9.9", ref: "9.9.9", to: "9.9.9", snapshot: "none", attempt: "none", alert: "none" }
            ]) {
              heard(`POST ${at}`, yield* post(at, body))
            }
            heard(`DELETE ${at}`, yield* get(at, { method: "DELETE" }))
          }
        }
      }
      heard("POST deploy", yield* post("/api/v1/apps/demo/deploy", { to: "none" }))
      heard("POST try", yield* post("/api/v1/apps/demo/try", { ref: "none" }))
      heard("POST approve", yield* post("/api/v1/apps/demo/approve", { version: "none" }))
      for (const path of [
        "/",
        "/?show=attention",
        "/apps/demo",
        "/apps/nothing",
        "/enter?code=x",
        "/metrics",
        "/healthz",
        "/readyz",
        "/none"
      ]) {
        heard(path, yield* get(path))
      }
      const sse = `Authorization: Bearer ${bearer}\r\nAccept: text/event-stream`
      const stream = yield* streamed(world.at("root", "http.sock"), sse)
      assert.include(stream, "AlertRaised")
      answers.push(["the stream", stream])

      assert.isTrue(
        answers.some(([, text]) => text.includes("***")),
        "what the app printed is told, without the secrets"
      )
      const told = answers.flatMap(([what, text]) =>
        canaries.filter((one) => text.includes(one)).map((one) => [what, one])
      )
      assert.deepStrictEqual(told, [])
    }),
  300_000
)
