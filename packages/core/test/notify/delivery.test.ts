import { chmod, readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { recorder } from "@lastgood/testing/recorder"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import { describeNeeding } from "../../../../test/needing.ts"
import { type Message, testMessage } from "../../src/domain/message.ts"
import { remoteSinks } from "../../src/notify/AlertSinksLive.ts"
import { readAddress } from "../../src/notify/addresses.ts"
import { ping } from "../../src/notify/ping.ts"
import { run } from "../../src/process/Tool.ts"
import { unknownCertificate } from "../health/servers.ts"
import { tempFolder, write } from "../version/recipe.ts"
import { smtpServer } from "./servers.ts"

const message: Message = {
  ...testMessage("2026-03-01T03:00:00.000Z"),
  app: "wiki",
  level: "error",
  outcome: "left-down",
  title: "wiki: left down",
  text: "503 – „ä“\n.\nNext: lastgood deploy wiki"
}

const sinkOf = (url: string) => {
  const [sink] = remoteSinks(Result.getOrThrow(readAddress(url)))
  if (sink === undefined) throw new Error("no sink")
  return sink
}

const send = (url: string) => sinkOf(url).send(message)

describe("a message over HTTP", () => {
  it.live("arrives once, and the server's answer is told", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* recorder(() => ({ body: '{"id":"x1"}\nmore' }))
      const answer = yield* send(`ntfy://u:secret@127.0.0.1:${port}/ops?disabletls=yes`)
      assert.strictEqual(answer, '200 OK: {"id":"x1"}')
      assert.lengthOf(seen, 1)
      const { body, headers, method, url } = seen[0] ?? assert.fail()
      assert.deepStrictEqual([method, url, headers["content-type"]], ["POST", "/", "application/json"])
      assert.strictEqual(headers.authorization, `Basic ${btoa("u:secret")}`)
      assert.deepInclude(JSON.parse(body), { topic: "ops", message: message.text })
      assert.isUndefined(headers["traceparent"])
    })
  )

  it.live("has the title and the text of the URL's templates", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* recorder()
      yield* send(
        `generic+http://127.0.0.1:${port}/x?template=json&title=[prod] {title}&text={app} {level}%0A{outcome} {at} {no}`.replaceAll(
          " ",
          "+"
        )
      )
      assert.deepStrictEqual(JSON.parse(seen[0]?.body ?? ""), {
        title: "[prod] wiki: left down",
        message: "wiki error\nleft-down 2026-03-01T03:00:00.000Z {no}"
      })
    })
  )

  /** Verifies: LAW-12 */
  it.live("is not sent to where a server redirects to, nor are its credentials", () =>
    Effect.gen(function* () {
      const other = yield* recorder()
      for (const status of [301, 302, 303, 307, 308]) {
        const location = `http://localhost:${other.port}/hook?token=t0ken-of-redirect`
        const { port } = yield* recorder(() => ({ status, headers: { location } }))
        const error = yield* Effect.flip(send(`ntfy://u:s3cretpass@127.0.0.1:${port}/ops?disabletls=yes`))
        assert.include(
          error.reason,
          `got ${status}; write the host and the scheme that it redirects to into the URL: localhost:${other.port}`
        )
        assert.notInclude(error.message, "t0ken")
      }
      assert.deepStrictEqual(other.seen, [])
    })
  )

  it.live("fails with the status, and with the time that the server asks for", () =>
    Effect.gen(function* () {
      const answers = [
        { status: 500, body: "boom" },
        { status: 429, headers: { "retry-after": "120" } },
        { status: 503, headers: { "retry-after": new Date(Date.now() + 3_600_000).toUTCString() } },
        { status: 413 },
        { status: 401 }
      ]
      const { port } = yield* recorder((_, n) => answers[n - 1] ?? {})
      const fail = Effect.flip(send(`mattermost://127.0.0.1:${port}/t0kent0ken?disabletls=yes`))
      const [boom, slow, date, large, login] = [yield* fail, yield* fail, yield* fail, yield* fail, yield* fail]
      assert.include(boom.reason, "got 500 Internal Server Error: boom")
      assert.deepStrictEqual([boom.isAboutMessage, boom.retryAfterMs], [false, undefined])
      assert.strictEqual(slow.retryAfterMs, 120_000)
      assert.approximately(date.retryAfterMs ?? 0, 3_600_000, 60_000)
      assert.deepStrictEqual([large.isAboutMessage, login.isAboutMessage], [true, false])
    })
  )

  it.live("fails if the connection breaks or is refused", () =>
    Effect.gen(function* () {
      const { port, server } = yield* recorder(() => "break")
      const url = `generic+http://127.0.0.1:${port}/h00k-of-canary`
      const broken = yield* Effect.flip(send(url))
      assert.match(broken.reason, /connection|closed|reset|hang up/i)
      yield* Effect.promise(() => new Promise((resolve) => server.close(resolve)))
      const refused = yield* Effect.flip(send(url))
      assert.match(refused.reason, /connection refused|tcp connect/i)
      assert.notInclude(`${broken.message} ${refused.message}`, "canary")
    })
  )

  it.effect("fails after its time limit if the server hangs", () =>
    Effect.gen(function* () {
      const { port, until } = yield* recorder(() => null)
      const sending = yield* Effect.forkChild(Effect.flip(send(`generic+http://127.0.0.1:${port}/x`)))
      yield* Effect.promise(() => until(1))
      yield* TestClock.adjust("20 seconds")
      assert.include((yield* Fiber.join(sending)).reason, "no answer within 20 s")
    })
  )

  /** Verifies: LAW-12 */
  it.live("leaves no secret in its error, whatever the server answers", () =>
    Effect.gen(function* () {
      const { port } = yield* recorder(({ body, headers, url }) => ({
        status: 403,
        body: `no: ${url} ${headers.authorization ?? ""} ${headers["x-gotify-key"] ?? ""} ${body}`.replaceAll("\n", " ")
      }))
      const canary = "c4nary-5ecret"
      for (const url of [
        `ntfy://user:${canary}@127.0.0.1:${port}/${canary}-topic?disabletls=yes`,
        `gotify://127.0.0.1:${port}/${canary}?disabletls=yes`,
        `mattermost://127.0.0.1:${port}/${canary}?disabletls=yes`,
        `matrix://user:${canary}@127.0.0.1:${port}/?disabletls=yes`,
        `matrix://:${canary}@127.0.0.1:${port}/?disabletls=yes&rooms=!r:x`,
        `generic+http://u:${canary}@127.0.0.1:${port}/${canary}/x?key=${canary}&@authorization=${canary}`,
        `apprise://u:${canary}@127.0.0.1:${port}/${canary}`
      ]) {
        const error = yield* Effect.flip(send(url))
        assert.include(error.reason, "got 403")
        assert.notInclude(JSON.stringify([error, error.message, String(error.stack)]), canary, url)
      }
    })
  )

  it.live("through matrix logs in, joins the room and sends, and a retry has the same transaction", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* recorder(({ url }) => {
        if (url.endsWith("/login")) return { body: '{"access_token":"tok"}' }
        return { body: url.includes("/join/") ? '{"room_id":"!abc:x"}' : '{"event_id":"$1"}' }
      })
      const url = `matrix://bot:pass1234@127.0.0.1:${port}/?disabletls=yes&rooms=ops:x`
      assert.include(yield* send(url), "200 OK")
      yield* send(url)
      const paths = seen.map(({ method, url }) => `${method} ${url.replace("/_matrix/client/v3", "")}`)
      const one = ["POST /login", "POST /join/%23ops%3Ax", paths[2] ?? ""]
      assert.deepStrictEqual(paths, [...one, ...one])
      assert.match(paths[2] ?? "", /^PUT \/rooms\/!abc%3Ax\/send\/m\.room\.message\/lastgood-/)
      assert.strictEqual(seen[2]?.headers.authorization, "Bearer tok")
    })
  )

  it.live("is a failure if the service refuses it with status 200", () =>
    Effect.gen(function* () {
      const { port } = yield* recorder(() => ({ body: "{}" }))
      const error = yield* Effect.flip(send(`matrix://u:pass1234@127.0.0.1:${port}/?disabletls=yes`))
      assert.include(error.reason, "got 200 OK: the server gave no access token")
    })
  )
})

describe("a dead man's switch", () => {
  it.live("is told the beginning, the success and the failure", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* recorder()
      for (const signal of ["start", "success", "fail"] as const) {
        yield* ping(`http://127.0.0.1:${port}/5f1c9c52-uuid?x=1`, signal)
      }
      assert.deepStrictEqual(
        seen.map(({ url }) => url),
        ["/5f1c9c52-uuid/start?x=1", "/5f1c9c52-uuid?x=1", "/5f1c9c52-uuid/fail?x=1"]
      )
      const { port: failing } = yield* recorder(({ url }) => ({ status: 404, body: `no ${url}` }))
      const error = yield* Effect.flip(ping(`http://127.0.0.1:${failing}/5f1c9c52-uuid`, "success"))
      assert.include(error.reason, "got 404")
      assert.notInclude(error.message, "5f1c9c52")
    })
  )
})

describe("a message by mail", () => {
  const to = "?from=lastgood@example.org&to=ops@example.org,two@example.org"

  it.live("arrives, with its login", () =>
    Effect.gen(function* () {
      const { mails, port } = yield* smtpServer()
      const answer = yield* send(`smtp://me:pass%2Fword@127.0.0.1:${port}/${to}&fromname=L&subject=[x]+{title}`)
      assert.include(answer, "250 2.0.0 queued as 42")
      const [mail] = mails
      assert.strictEqual(mail?.auth, "\0me\0pass/word")
      assert.deepStrictEqual(mail?.to, ["<ops@example.org>", "<two@example.org>"])
      assert.match(mail?.data ?? "", /^Subject: \[x\] wiki: left down$/m)
      assert.match(mail?.data ?? "", /^Auto-Submitted: auto-generated$/m)
    })
  )

  it.live("is not sent without TLS if TLS is required, and the password stays here", () =>
    Effect.gen(function* () {
      const { lines, mails, port } = yield* smtpServer()
      const error = yield* Effect.flip(send(`smtp://me:secret12@127.0.0.1:${port}/${to}&requirestarttls=yes`))
      assert.match(error.reason, /STARTTLS|TLS|recognized/i)
      assert.deepStrictEqual([mails, lines.filter((line) => line.startsWith("AUTH"))], [[], []])
    })
  )

  /** Verifies: LAW-12 */
  it.live("is not sent over TLS to a server that nobody vouches for, unless the URL says so", () =>
    Effect.gen(function* () {
      const { cert, key } = yield* unknownCertificate
      const tls = yield* Effect.promise(async () => ({ key: await readFile(key), cert: await readFile(cert) }))
      const { lines, mails, port } = yield* smtpServer({ extensions: ["STARTTLS", "AUTH PLAIN"], tls })
      const error = yield* Effect.flip(send(`smtp://me:c4nary-5ecret@127.0.0.1:${port}/${to}`))
      assert.match(error.reason, /certificate/)
      assert.notInclude(error.message, "c4nary")
      assert.deepStrictEqual([mails, lines.filter((line) => line.startsWith("AUTH"))], [[], []])
      const sent = yield* send(`smtp://me:c4nary-5ecret@127.0.0.1:${port}/${to}&skiptlsverify=yes`)
      assert.include(sent, "queued as 42")
      assert.strictEqual(mails[0]?.auth, "\0me\0c4nary-5ecret")
      const refusing = yield* smtpServer({ extensions: ["STARTTLS", "AUTH PLAIN"], tls, refuses: "auth" })
      const url = `smtp://me:c4nary-5ecret@127.0.0.1:${refusing.port}/${to}&skiptlsverify=yes`
      const refused = yield* Effect.flip(send(url))
      assert.match(refused.reason, /535/)
      assert.notInclude(refused.message, "c4nary")
    })
  )

  /** Verifies: LAW-12 */
  it.live("fails without a secret in the error if the login is refused or a recipient is unknown", () =>
    Effect.gen(function* () {
      const refusing = yield* smtpServer({ refuses: "auth" })
      const error = yield* Effect.flip(send(`smtp://me:c4nary-5ecret@127.0.0.1:${refusing.port}/${to}`))
      assert.match(error.reason, /535/)
      assert.notInclude(error.message, "c4nary")
      const unknown = yield* smtpServer({ refuses: "recipient" })
      assert.match((yield* Effect.flip(send(`smtp://127.0.0.1:${unknown.port}/${to}`))).reason, /550|recipients/)
    })
  )

  it.live("fails in time if the server says nothing", () =>
    Effect.gen(function* () {
      const { port } = yield* smtpServer({ isSilent: true })
      const error = yield* Effect.flip(send(`smtp://127.0.0.1:${port}/${to}&timeout=200ms`))
      assert.match(error.reason, /greeting|time/i)
    })
  )
})

describe("a message through a program", () => {
  it.live("is on its standard input, and its fields are in the environment", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const program = join(folder, "notify")
      yield* write(
        program,
        `#!/bin/sh\n{ echo "$LASTGOOD_APP $LASTGOOD_LEVEL $LASTGOOD_TITLE $1"; cat; } > '${folder}/got'\necho done\n`
      )
      yield* Effect.promise(() => chmod(program, 0o755))
      assert.strictEqual(yield* send(`exec://${program}?arg=a%20b;$(id)`), "done")
      const got = yield* run("cat", [join(folder, "got")])
      assert.strictEqual(got.stdout, `wiki error wiki: left down a b;$(id)\n${message.text}\n`)
    })
  )

  /** Verifies: LAW-17 */
  it.live("is not given to a program that another user could have written", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const program = join(folder, "notify")
      yield* write(program, `#!/bin/sh\ntouch '${folder}/ran'\n`)
      yield* Effect.promise(() => chmod(program, 0o777))
      const error = yield* Effect.flip(send(`exec://${program}`))
      assert.match(error.reason, /notify/)
      assert.strictEqual((yield* run("ls", [folder])).stdout, "notify\n")
    })
  )

  it.live("fails with what the program says, without URLs", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const program = join(folder, "notify")
      yield* write(program, "#!/bin/sh\necho 'cannot reach https://hooks.example.org/t0ken' >&2\nexit 3\n")
      yield* Effect.promise(() => chmod(program, 0o755))
      const error = yield* Effect.flip(send(`exec://${program}`))
      assert.include(error.reason, "cannot reach …")
    })
  )
})

const missing = await Effect.runPromise(
  run("apprise", ["--version"]).pipe(
    Effect.as(null),
    Effect.catch(() => Effect.succeed("the host has no apprise"))
  )
)

describeNeeding("LASTGOOD_TEST_APPRISE", missing, "Apprise itself", () => {
  it.live("sends the message to the service of its configuration file", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const { port, seen } = yield* recorder()
      const file = join(folder, "apprise.yml")
      yield* write(
        file,
        `urls:\n  - json://127.0.0.1:${port}/other\n  - json://127.0.0.1:${port}/hook:\n      tag: ops\n`
      )
      yield* send(`apprise://${file}?tag=ops`)
      assert.deepStrictEqual(
        seen.map(({ url }) => url),
        ["/hook"]
      )
      assert.deepInclude(JSON.parse(seen[0]?.body ?? ""), {
        ...{ title: "wiki: left down", type: "failure", message: message.text }
      })
    })
  )

  it.live("fails if the service does, without its URL", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const { port } = yield* recorder(() => ({ status: 500 }))
      const file = join(folder, "apprise.conf")
      yield* write(file, `json://user:c4nary@127.0.0.1:${port}/c4nary\n`)
      const error = yield* Effect.flip(send(`apprise://${file}`))
      assert.notInclude(error.message, "c4nary")
    })
  )
})
