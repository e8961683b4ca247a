import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { type Message, testMessage } from "../../src/domain/message.ts"
import { type Address, nameSinks, readAddress } from "../../src/notify/addresses.ts"
import { kinds } from "../../src/notify/kinds.ts"
import type { HttpRequest, MailTarget } from "../../src/notify/Target.ts"

const message: Message = {
  ...testMessage("2026-03-01T03:00:00.000Z"),
  app: "wiki",
  level: "error",
  outcome: "left-down",
  title: "wiki: left down",
  text: "503"
}

const addresses = (url: string): ReadonlyArray<Address> => {
  const read = readAddress(url)
  if (Result.isFailure(read)) throw new Error(`${url}: ${read.failure}`)
  return read.success
}

const requests = (url: string): ReadonlyArray<HttpRequest> =>
  addresses(url).flatMap(({ target }) =>
    target._tag === "Http" ? target.exchanges(message).map(({ request }) => request) : []
  )

const first = (url: string): HttpRequest => {
  const [request] = requests(url)
  if (request === undefined) throw new Error(`${url} makes no request`)
  return request
}

const bodyOf = (url: string): Record<string, unknown> => JSON.parse(first(url).body ?? "null")

const mailOf = (url: string): MailTarget => {
  const [address] = addresses(url)
  if (address?.target._tag !== "Mail") throw new Error(`${url} is not mail`)
  return address.target
}

const problem = (url: string): string => {
  const read = readAddress(url)
  return Result.isFailure(read) ? read.failure : "none"
}

const discordToken = "W3dE2OZz4C13_4z_uHfDOoC7BqTW288s-z1ykqI0iJnY_HjRqMGO8Sc7YDqvf_KVKjhJ"
const telegramToken = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"

/** The forms in which shoutrrr's documentation writes its URLs, and where each leads. */
const forms: ReadonlyArray<readonly [url: string, method: string, to: string]> = [
  ["ntfy://ntfy.sh/mytopic", "POST", "https://ntfy.sh"],
  ["ntfy://my-ntfy-server.com:8080/mytopic", "POST", "https://my-ntfy-server.com:8080"],
  ["ntfy://username:password@ntfy.sh/privatetopic", "POST", "https://ntfy.sh"],
  ["ntfy://ntfy.sh/updates?priority=4&tags=info,computer&title=Server+Update", "POST", "https://ntfy.sh"],
  ["ntfy://ntfy.sh/reminders?delay=1h&title=Meeting+in+1+hour", "POST", "https://ntfy.sh"],
  [
    'ntfy://ntfy.sh/tasks?actions=[{"action":"view","label":"Open","url":"https://dashboard.example.com"}]&title=Done',
    "POST",
    "https://ntfy.sh"
  ],
  ["ntfy://ntfy.local/ops?scheme=http", "POST", "http://ntfy.local"],
  [
    "gotify://gotify.example.com:443/AzyoeNS.D4iJLVa/?title=Great+News&priority=1",
    "POST",
    "https://gotify.example.com:443/message"
  ],
  [
    "gotify://example.com:443/path/to/gotify/AzyoeNS.D4iJLVa/?title=Great+News&priority=1",
    "POST",
    "https://example.com:443/path/to/gotify/message"
  ],
  ["gotify://gotify.example.com/message?token=AzyoeNS.D4iJLVa", "POST", "https://gotify.example.com/message"],
  [
    "gotify://example.com:443/path/to/gotify/message?token=AzyoeNS.D4iJLVa&title=Great+News&priority=1",
    "POST",
    "https://example.com:443/path/to/gotify/message"
  ],
  [
    "gotify://gotify.example.com:8080/message?token=AzyoeNS.D4iJLVa&disabletls=yes",
    "POST",
    "http://gotify.example.com:8080/message"
  ],
  [
    "gotify://gotify.example.com/message?token=AzyoeNS.D4iJLVa&insecureskipverify=yes",
    "POST",
    "https://gotify.example.com/message"
  ],
  [
    "matrix://user:token@matrix.example.com?rooms=!roomID:matrix.example.com",
    "POST",
    "https://matrix.example.com/_matrix/client/v3/login"
  ],
  [
    "matrix://:syt_token@matrix.example.com:8448/?rooms=%23general:matrix.example.com",
    "POST",
    "https://matrix.example.com:8448/_matrix/client/v3/join/%23general%3Amatrix.example.com"
  ],
  [
    "matrix://:syt_token@matrix.example.com?disableTLS=yes&rooms=general",
    "POST",
    "http://matrix.example.com/_matrix/client/v3/join/%23general"
  ],
  ["matrix://:syt_token@matrix.example.com", "GET", "https://matrix.example.com/_matrix/client/v3/joined_rooms"],
  [
    "mattermost://your-domain.com/bywsw8zt5jgpte3nm65qjiru6h",
    "POST",
    "https://your-domain.com/hooks/bywsw8zt5jgpte3nm65qjiru6h"
  ],
  [
    "mattermost://shoutrrrUser@your-domain.com:8065/bywsw8zt5jgpte3nm65qjiru6h/shoutrrrChannel?icon=rocket&disabletls=yes",
    "POST",
    "http://your-domain.com:8065/hooks/bywsw8zt5jgpte3nm65qjiru6h"
  ],
  [
    "slack://xoxb:123456789012-1234567890123-4mt0t4l1YL3g1T5L4cK70k3N@C001CH4NN3L?color=good&title=Great+News&icon=man-scientist&botname=Shoutrrrbot",
    "POST",
    "https://slack.com/api/chat.postMessage"
  ],
  [
    "slack://hook:WNA3PBYV6-F20DUQND3RQ-Webc4MAvoacrpPakR8phF0zi@webhook?color=good&title=Great+News&icon=man-scientist&botname=Shoutrrrbot",
    "POST",
    "https://hooks.slack.com/services/WNA3PBYV6/F20DUQND3RQ/Webc4MAvoacrpPakR8phF0zi"
  ],
  [
    "slack://WNA3PBYV6/F20DUQND3RQ/Webc4MAvoacrpPakR8phF0zi",
    "POST",
    "https://hooks.slack.com/services/WNA3PBYV6/F20DUQND3RQ/Webc4MAvoacrpPakR8phF0zi"
  ],
  [
    `discord://${discordToken}@693853386302554172`,
    "POST",
    `https://discord.com/api/webhooks/693853386302554172/${discordToken}?wait=true`
  ],
  [
    `discord://${discordToken}@693853386302554172?thread_id=123456789&username=MyBot&avatar=https://example.com/avatar.png&splitLines=false`,
    "POST",
    `https://discord.com/api/webhooks/693853386302554172/${discordToken}?wait=true&thread_id=123456789`
  ],
  [
    `telegram://${telegramToken}@telegram?chats=@ops`,
    "POST",
    `https://api.telegram.org/bot${telegramToken}/sendMessage`
  ],
  [
    `telegram://${telegramToken}@telegram/?channels=-100123:7&notification=no&preview=false&parseMode=html`,
    "POST",
    `https://api.telegram.org/bot${telegramToken}/sendMessage`
  ],
  [
    "pushover://shoutrrr:azGDORePK8gMaC0QOYAMyEEuzJnyUi@uQiRzpo4DXghDmr9QzzfQu27cmVRsG/?devices=phone,desk&priority=1",
    "POST",
    "https://api.pushover.net/1/messages.json"
  ],
  ["generic://api.example.com/webhook?template=json", "POST", "https://api.example.com/webhook"],
  ["generic://example.com?@acceptLanguage=tlh-Piqd", "POST", "https://example.com"],
  ["generic+https://example.com/api/v1/postStuff", "POST", "https://example.com/api/v1/postStuff"],
  [
    "generic+https://example.com/hook/?_contenttype=text/plain&a=b%20c",
    "POST",
    "https://example.com/hook/?contenttype=text%2Fplain&a=b%20c"
  ],
  ["generic://192.168.8.8:8123/hook?disabletls=yes&method=put", "PUT", "http://192.168.8.8:8123/hook"],
  ["apprises://apprise.example.com/sub/my-key?tag=ops", "POST", "https://apprise.example.com/sub/notify/my-key"],
  ["apprise://apprise.local:8000/my-key", "POST", "http://apprise.local:8000/notify/my-key"]
]

describe("the URLs under notify", () => {
  it.each(forms)("%s", (url, method, to) => {
    const request = first(url)
    assert.deepStrictEqual([request.method, request.url], [method, to])
  })

  it("have a form for every kind", () => {
    const seen = new Set(forms.map(([url]) => url.split(":")[0]))
    const others = ["smtp", "smtps", "exec", "generic+http"]
    assert.deepStrictEqual(
      Object.keys(kinds).filter((kind) => !seen.has(kind) && !others.includes(kind)),
      []
    )
  })

  it("send title, text and level as each service has them", () => {
    const ntfy = bodyOf("ntfy://ntfy.sh/ops")
    assert.deepInclude(ntfy, { topic: "ops", title: "wiki: left down", message: "503", priority: 5 })
    assert.deepInclude(bodyOf("gotify://g.example.org/AzyoeNS.D4iJLVa"), { priority: 8, message: "503" })
    assert.deepInclude(bodyOf("pushover://shoutrrr:token1234@user1234/"), { priority: 1, user: "user1234" })
    assert.deepInclude(bodyOf(`telegram://${telegramToken}@telegram?chats=@ops:5&parsemode=html`), {
      ...{ chat_id: "@ops", message_thread_id: 5, parse_mode: "HTML", text: "wiki: left down\n\n503" }
    })
    assert.deepInclude(bodyOf("apprises://a.example.org/key?tag=a,b"), { type: "failure", body: "503", tag: "a,b" })
    const generic = bodyOf("generic://h.example.org/x?template=json&titlekey=t&$from=lastgood&messageKey=m")
    assert.deepStrictEqual(generic, { from: "lastgood", t: "wiki: left down", m: "503" })
    assert.deepStrictEqual(bodyOf("generic+https://h.example.org/x?template=JSON"), {
      ...{ title: "wiki: left down", message: "503" }
    })
  })

  it("keep credentials out of the address where the service allows it", () => {
    const { headers, url } = first("gotify://g.example.org/message?token=AzyoeNS.D4iJLVa")
    assert.deepStrictEqual([url.includes("Azyo"), headers["x-gotify-key"]], [false, "AzyoeNS.D4iJLVa"])
    assert.strictEqual(first("ntfy://u:p%40ss@ntfy.sh/ops").headers["authorization"], `Basic ${btoa("u:p@ss")}`)
    assert.strictEqual(first("ntfy://:tk_secret@ntfy.sh/ops").headers["authorization"], "Bearer tk_secret")
  })

  it("add headers to a generic request, and refuse those that break it", () => {
    const { headers } = first("generic://h.example.org/?@Authorization=Bearer%20x&@acceptLanguage=de")
    assert.deepInclude(headers, { authorization: "Bearer x", "accept-language": "de" })
    assert.match(problem("generic://h.example.org/?@a%0Ab=c"), /headers/)
    assert.match(problem("generic://h.example.org/?@a=b%0D%0Ac"), /headers/)
  })

  it("make a sink of each chat and room, so that one of them does not hold up the others", () => {
    assert.lengthOf(addresses(`telegram://${telegramToken}@telegram?chats=@a,-100`), 2)
    assert.lengthOf(addresses("matrix://u:p@m.example.org/?rooms=!a:x,b"), 2)
  })

  it("have parameters of lastgood, which are not sent", () => {
    const [address] = addresses("generic+https://h.example.org/x?level=warning&title=%7Bapp%7D&text=%7Btext%7D&a=1")
    assert.deepInclude(address, { level: "warning", title: "{app}", text: "{text}" })
    assert.strictEqual(
      first("generic+https://h.example.org/x?level=error&_level=9&a=1").url,
      "https://h.example.org/x?level=9&a=1"
    )
    assert.match(problem("ntfy://ntfy.sh/ops?level=loud"), /its level is not info, warning or error/)
  })

  it("of mail choose TLS, and never send a password in the clear to another host", () => {
    const to = "?from=a@example.org&to=b@example.org,c@example.org"
    assert.deepInclude(mailOf(`smtp://u:p@mail.example.org:587/${to}`), {
      ...{ port: 587, secure: false, startTls: "required", to: ["b@example.org", "c@example.org"] }
    })
    assert.deepInclude(mailOf(`smtp://mail.example.org/${to}`), { port: 25, startTls: "if-offered", auth: null })
    assert.deepInclude(mailOf(`smtp://u:p@127.0.0.1/${to}`), { startTls: "if-offered" })
    assert.deepInclude(mailOf(`smtps://u:p@mail.example.org/${to}`), { port: 465, secure: true })
    assert.deepInclude(mailOf(`smtp://u:p@mail.example.org:465/${to}`), { secure: true })
    assert.deepInclude(mailOf(`smtp://u:p@m.example.org/${to}&encryption=None`), { startTls: "never" })
    assert.deepInclude(mailOf(`smtp://u:p@m.example.org/${to}&auth=OAuth2&timeout=5s&useStartTLS=yes`), {
      ...{ auth: { user: "u", pass: "p", method: "OAUTH2" }, timeoutMs: 5000 }
    })
  })

  it.each([
    ["gopher://x/y", /its scheme is not one of ntfy, /],
    ["ntfy://ntfy.sh", /exactly one topic.*ntfy:\/\/\[<user>/],
    ["ntfy://ntfy.sh/a?priority=9", /priority/],
    ["ntfy://ntfy.sh/a?colour=red", /unknown parameter; it may have level, title, text, scheme/],
    ["ntfy://ntfy.sh/a?cache=maybe", /`cache` is neither yes nor no/],
    ["ntfy://ntfy.sh/a#b", /write `%23`/],
    ["discord://token", /number of a webhook/],
    ["telegram://123:abc@telegram", /names no chat/],
    ["slack://hook:abc@webhook", /three parts/],
    ["gotify://g.example.org/message", /no token/],
    ["smtp://m.example.org/?from=a@example.org", /`from=` and in `to=`/],
    ["smtp://m.example.org/?from=a@example.org&to=b%0D%0ABcc:%20x@example.org", /not a mail address/],
    ["exec://bin/x", /absolute path/],
    ["smtp://u:p/w@m.example.org/?from=a@b.c&to=a@b.c", /percent-encode|from|host/]
  ])("are refused with a remedy: %s", (url, expected) => {
    assert.match(problem(url), expected)
  })

  /** Verifies: LAW-12 */
  it("leave no secret in a sink's name or in a problem", () => {
    for (const [url] of forms) {
      const all = addresses(url)
      const names = [...nameSinks(all).keys()].join(" ")
      assert.match(names, /^(?:[a-z]+:[A-Za-z0-9.[\]:-]+:[0-9a-f]{4} ?)+$/)
      for (const { host, secrets } of all) {
        const rest = names.replaceAll(host, "")
        for (const secret of secrets.filter((one) => one.length > 4 && !/^[a-z]+$/.test(one))) {
          assert.notInclude(rest, secret, url)
        }
      }
    }
    const canary = "canary5ecret"
    for (const kind of Object.keys(kinds)) {
      for (const url of [
        `${kind}://${canary}:${canary}@${canary}.example.org/${canary}/${canary}/${canary}?${canary}=${canary}&level=${canary}`,
        `${kind}://${canary}:${canary}@${canary}/${canary}?priority=${canary}&chats=${canary}&${canary}=1`,
        `${kind}://${canary}%@x`,
        `${kind}:///${canary}?from=${canary}&to=${canary}&color=${canary}`
      ]) {
        assert.notInclude(problem(url), canary, url)
      }
    }
  })

  it("keep a sink's name when its password, level or title changes, and tell two topics apart", () => {
    const name = (url: string) => [...nameSinks(addresses(url)).keys()][0]
    assert.strictEqual(name("ntfy://u:old@ntfy.sh/ops"), name("ntfy://u:new@ntfy.sh/ops?level=error&title=x"))
    assert.notStrictEqual(name("ntfy://ntfy.sh/ops"), name("ntfy://ntfy.sh/dev"))
    const many = Array.from({ length: 2000 }, (_, i) => addresses(`ntfy://ntfy.sh/t${i}`)).flat()
    assert.strictEqual(nameSinks(many).size, 2000)
    assert.strictEqual(nameSinks([...many, ...many]).size, 2000)
  })
})
