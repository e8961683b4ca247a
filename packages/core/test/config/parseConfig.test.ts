import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import type { Config } from "../../src/config/Config.ts"
import { configBytes } from "../../src/config/findConfig.ts"
import { parseConfig } from "../../src/config/parseConfig.ts"
import { kinds } from "../../src/notify/kinds.ts"

const place = {
  file: "/etc/lastgood/lastgood.yaml",
  folder: "/etc/lastgood",
  home: "/home/op",
  abraDir: "/home/op/.abra"
}

const parse = (text: string) => parseConfig(text, place, (configured) => configured ?? "/var/lib/lastgood")

const good = (text: string): Config => Result.getOrThrow(parse(text)).config

/** The problems as `line:column text`. */
const problems = (text: string): ReadonlyArray<string> => {
  const parsed = parse(text)
  return Result.isFailure(parsed) ? parsed.failure.problems.map((p) => `${p.line}:${p.column} ${p.text}`) : []
}

/** The one problem of an app `a` on swarm with these lines in it, which start on line 6. */
const problemOf = (lines: string): string => {
  const text = `apps:\n  a:\n    recipe: ./a\n    runtime: swarm\n    domain: a.example.org\n${lines}`
  const found = problems(text)
  assert.strictEqual(found.length, 1, found.join("\n"))
  return found[0] ?? ""
}

describe("parseConfig", () => {
  it("reads a configuration of 5000 apps with many settings each", () => {
    const app = (i: number) => `  app-${i}:
    recipe: ./recipes/app-${i}
    runtime: compose
    domain: app-${i}.example.org
    policy: minor
    minimumAge: 2d
    schedule: "0 3 * * *"
    window: ["Sat,Sun 02:00-05:00"]
    after: [app-0]
    health:
      deadline: 5m
      stableFor: 20s
      checks:
        - http: http://127.0.0.1:8080/health/ready
          status: 200
        - tcp: 127.0.0.1:5432
    snapshot:
      keep: 3
      exclude: { data: ["cache/**"] }
`
    const first = app(0).replace("    after: [app-0]\n", "")
    const text = `apps:\n${first}${Array.from({ length: 4999 }, (_, i) => app(i + 1)).join("")}`
    assert.isBelow(text.length, configBytes)
    assert.lengthOf(good(text).apps, 5000)
  }, 120_000)

  it("fills in every default and resolves every path", () => {
    const config = good(`
apps:
  keycloak:
    recipe: recipes/keycloak.git
    runtime: swarm
    domain: keycloak.example.org
    env: ../keycloak.env
`)
    assert.deepStrictEqual(config.apps, [
      {
        name: "keycloak",
        recipe: "/etc/lastgood/recipes/keycloak.git",
        versions: { kind: "tags" },
        recipeName: "keycloak",
        runtime: "swarm",
        domain: "keycloak.example.org",
        stack: "keycloak_example_org",
        envFile: "/etc/keycloak.env",
        volumes: [],
        folder: null,
        data: new Map(),
        policy: "minor",
        minimumAgeMs: 0,
        releaseNotes: "hold",
        schedule: null,
        windows: [],
        after: [],
        intervalMs: 900_000,
        gate: { deadlineMs: 300_000, stableForMs: 10_000, intervalMs: 2000, checks: [] },
        snapshot: { keep: 3, filters: {}, asideMs: 604_800_000 },
        watchMs: 60_000,
        deadlines: { prefetchMs: 1_800_000, undeployMs: 120_000, deployMs: 600_000, stallMs: 900_000 },
        dir: "/var/lib/lastgood/keycloak",
        stage: "configured",
        settledBy: new Map()
      }
    ])
    assert.deepStrictEqual([config.root, config.plugins, config.notify], ["/var/lib/lastgood", [], []])
  })

  it("accepts every key of an app", () => {
    const [app] = good(`
root: ./data
plugins: [./plugins/x.ts, lastgood-plugin-nextcloud]
notify: ["generic+https://example.org/hook", { file: ./notify }]
digest: 08:00
ping: https://hc-ping.com/uuid
apps:
  a:
    recipe: ~/recipes/a
    runtime: local
    stack: other
    volumes: [data, cache]
    policy: major
    minimumAge: 2d
    schedule: "@daily"
    health:
      deadline: 1h
      stableFor: 500ms
      interval: 1s
      checks:
        - { http: "https://u:p@example.org/x?token=t", status: 204, contains: ok, timeout: 1s }
        - http: /health
        - tcp: "[::1]:5432"
        - grpc: 127.0.0.1:50051
        - { grpc: "[::1]:443", service: shop.Cart, tls: true, timeout: 1s }
        - exec: PGPASSWORD=s3cret psql -c 'select 1'
          service: db
        - exec: psql -l
        - container: true
        - container: web
    snapshot:
      keep: 1
      asideFor: 0s
      exclude: { data: ["cache/**"], cache: ["**"] }
      include: { data: ["**/*.db"] }
    deadlines: { prefetch: 1w, undeploy: 20s, deploy: 90s, stall: 3m }
`).apps
    const timeoutMs = 5000
    assert.deepStrictEqual(app, {
      name: "a",
      recipe: "/home/op/recipes/a",
      versions: { kind: "tags" },
      recipeName: "a",
      runtime: "local",
      domain: "a",
      stack: "other",
      envFile: null,
      volumes: ["data", "cache"],
      folder: null,
      data: new Map(),
      policy: "major",
      minimumAgeMs: 172_800_000,
      releaseNotes: "hold",
      schedule: "@daily",
      windows: [],
      after: [],
      intervalMs: 900_000,
      gate: {
        deadlineMs: 3_600_000,
        stableForMs: 500,
        intervalMs: 1000,
        checks: [
          {
            kind: "http",
            name: "http https://example.org/x",
            url: "https://u:p@example.org/x?token=t",
            status: 204,
            contains: "ok",
            timeoutMs: 1000
          },
          { kind: "http", name: "http https://a/health", url: "https://a/health", status: 200, timeoutMs },
          { kind: "tcp", name: "tcp [::1]:5432", host: "::1", port: 5432, timeoutMs },
          {
            ...{ kind: "grpc", name: "grpc 127.0.0.1:50051", host: "127.0.0.1", port: 50_051 },
            ...{ service: "", tls: false, timeoutMs }
          },
          {
            ...{ kind: "grpc", name: "grpc [::1]:443 shop.Cart", host: "::1", port: 443 },
            ...{ service: "shop.Cart", tls: true, timeoutMs: 1000 }
          },
          {
            kind: "exec",
            name: "exec psql",
            command: "PGPASSWORD=s3cret psql -c 'select 1'",
            service: "db",
            timeoutMs
          },
          { kind: "exec", name: "exec psql #2", command: "psql -l", timeoutMs },
          { kind: "container", name: "container", timeoutMs },
          { kind: "container", name: "container web", service: "web", timeoutMs }
        ]
      },
      snapshot: {
        keep: 1,
        asideMs: 0,
        filters: { data: { include: ["**/*.db"], exclude: ["cache/**"] }, cache: { include: [], exclude: ["**"] } }
      },
      watchMs: 60_000,
      deadlines: { prefetchMs: 604_800_000, undeployMs: 20_000, deployMs: 90_000, stallMs: 180_000 },
      dir: "/etc/lastgood/data/a",
      stage: "configured",
      settledBy: new Map(
        ["policy", "minimumAge", "schedule"]
          .concat(["deadline", "stableFor", "interval", "checks"].map((key) => `health.${key}`))
          .concat(["keep", "asideFor"].map((key) => `snapshot.${key}`))
          .concat(["prefetch", "undeploy", "deploy", "stall"].map((key) => `deadlines.${key}`))
          .concat(["data", "cache"].map((key) => `snapshot.volume.${key}`))
          .map((key) => [key, "config"] as const)
      )
    })
  })

  it("takes what bringing a mirror up to date may cost", () => {
    const of = (prepare: string) =>
      good(`
apps:
  a: { recipe: ./a, runtime: swarm, domain: a.example.org, snapshot: { prepare: ${prepare} } }
`).apps[0]?.snapshot.prepare
    assert.deepStrictEqual(of("{ bandwidth: 20MB/s, ioIdle: false }"), { bandwidth: 20_000_000, ioIdle: false })
    assert.deepStrictEqual(of("{ bandwidth: 1GB/s }"), { bandwidth: 1_000_000_000 })
    assert.isUndefined(of("{}"))
  })

  it("finds a recipe by name for abra, and by path otherwise", () => {
    const recipe = (runtime: string, text: string) =>
      good(`apps: { a: { recipe: ${text}, runtime: ${runtime}, domain: a.example.org } }`).apps[0]?.recipe
    assert.strictEqual(recipe("abra", "keycloak"), "/home/op/.abra/recipes/keycloak")
    assert.strictEqual(recipe("abra", "./keycloak"), "/etc/lastgood/keycloak")
    assert.strictEqual(recipe("swarm", "/srv/keycloak"), "/srv/keycloak")
    assert.strictEqual(recipe("swarm", "my recipe"), "/etc/lastgood/my recipe")
  })

  it("takes one window or several, in the zone that they name, and the apps that come first", () => {
    const { apps, breaker } = good(`
breaker: off
apps:
  a: { recipe: ./a, runtime: swarm, domain: a.example.org, window: "Sat 02:00-05:00 Europe/Warsaw", after: [b] }
  b: { recipe: ./b, runtime: swarm, domain: b.example.org, window: ["02:00-03:00 UTC", "Sun 22:00-04:00 UTC"] }
`)
    assert.deepStrictEqual(
      apps.map(({ after, windows }) => [windows.map(({ text }) => text), after]),
      [
        [["Sat 02:00-05:00 Europe/Warsaw"], ["b"]],
        [["02:00-03:00 UTC", "Sun 22:00-04:00 UTC"], []]
      ]
    )
    assert.isNull(breaker)
    assert.strictEqual(good("{ breaker: 5, apps: {} }").breaker, 5)
    assert.strictEqual(good("apps: {}").breaker, 3)
  })

  it("accepts anchors, aliases and merge keys", () => {
    const { apps } = good(`
apps:
  a: &common { recipe: ./a, runtime: swarm, domain: a.example.org, policy: patch }
  b: { <<: *common, domain: b.example.org }
`)
    assert.deepStrictEqual(
      apps.map(({ domain, policy }) => [domain, policy]),
      [
        ["a.example.org", "patch"],
        ["b.example.org", "patch"]
      ]
    )
  })

  it("separates plugin names and settings from the app, and records the position of the settings", () => {
    const config = good(`apps:
  a:
    recipe: ./a
    runtime: local
    plugin: ./p.ts
    settings:
      realm: x
`)
    assert.deepStrictEqual([...config.namedPlugins], [["a", "./p.ts"]])
    assert.deepStrictEqual(
      [...config.settings],
      [["a", { values: { realm: "x" }, at: "/etc/lastgood/lastgood.yaml:6:5" }]]
    )
  })
})

describe("parseConfig, given invalid input", () => {
  it("names the app in an order that never ends, or of apps that are not there", () => {
    const app = (name: string, after: string) =>
      `  ${name}: { recipe: ./a, runtime: swarm, domain: ${name}.example.org, after: [${after}] }`
    assert.deepStrictEqual(problems(`apps:\n${[app("a", "b"), app("b", "c, x"), app("c", "a")].join("\n")}`), [
      "2:68 `apps.a.after[0]`: the order is a cycle: a after b after c after a",
      "3:68 `apps.b.after[0]`: the order is a cycle: b after c after a after b",
      "3:71 `apps.b.after[1]`: there is no app `x`",
      "4:68 `apps.c.after[0]`: the order is a cycle: c after a after b after c"
    ])
  })

  it.each([
    [
      '    window: "Sat 2:00-5:00"',
      /window`: expected a time of the week such as .*, found `Sat 2:00-5:00`: it does not have/
    ],
    ['    window: ["02:00-03:00", "Sum 02:00-03:00"]', /`sum` is not a day/],
    ["    window: []", /found an empty list/],
    ["    window: 3", /window`: expected a time of the week/],
    ["    after: b", /after`: expected a list of apps/]
  ])("explains what is wrong with %s", (line, why) => {
    assert.match(problemOf(line), why)
  })

  it("reports all errors of a file at once, in the order of lines, by app", () => {
    const parsed = parse(`apps:
  a:
    recipe: ./a
    rutime: swarm
  b:
    recipe: ./b
    runtime: docker
    domain: b.example.org
  b:
    recipe: ./b
    runtime: swarm
    domain: b.example.org
    minimumAge: 5
notifi: []
`)
    const error = Result.isFailure(parsed) ? parsed.failure : null
    assert.strictEqual(
      error?.message,
      [
        "/etc/lastgood/lastgood.yaml:2:3: `apps.a.runtime`: it is missing, expected swarm, compose, abra or local",
        "/etc/lastgood/lastgood.yaml:4:5: `apps.a.rutime`: there is no such key (did you mean `runtime`?), allowed here: recipe, versions, runtime, domain, env, stack, volumes, folder, data, policy, minimumAge, releaseNotes, schedule, interval, health, snapshot, deadlines, window, after, plugin, settings",
        "/etc/lastgood/lastgood.yaml:9:3: the key `b` is given twice: keep one",
        "/etc/lastgood/lastgood.yaml:13:17: `apps.b.minimumAge`: expected a duration such as `500ms`, `20s`, `5m`, `12h` or `2d`, found the number 5",
        "/etc/lastgood/lastgood.yaml:14:1: `notifi`: there is no such key (did you mean `notify`?), allowed here: root, plugins, http, apps, notify, breaker, digest, ping"
      ].join("\n")
    )
    assert.deepStrictEqual(
      error?.problems.map(({ app }) => app),
      ["a", "a", null, "b", null]
    )
  })

  it.each([
    ["nothing", "", "1:1 the file is empty: expected `apps:` with the apps by name"],
    ["comments alone", "# later\n", "1:1 the file is empty: expected `apps:` with the apps by name"],
    ["a tab", "apps:\n\ta: 1\n", "2:1 a tab is used for indentation, but YAML allows only spaces"],
    [
      "an open bracket",
      "apps: {\n",
      "2:1 the indentation does not fit the lines above, or a bracket above is not closed"
    ],
    [
      "two documents",
      "apps: {}\n---\napps: {}\n",
      "2:1 a second document (`---`) starts here, but a configuration is only one"
    ],
    [
      "an alias of nothing",
      "apps: *x\n",
      "1:7 there is no anchor for this alias above it; a text that starts with * needs quotes"
    ],
    ["an unknown tag", "apps: !env A\n", "1:7 this is not YAML: unresolved tag"],
    ["a plain text", "hello\n", "1:1 expected keys and values, with `apps:` among them, found the text `hello`"],
    ["a list", "[1]\n", "1:1 expected keys and values, with `apps:` among them, found a list"],
    [
      "no apps",
      "root: /x\n",
      "1:1 `apps`: it is missing, expected apps by name: `apps: { keycloak: { recipe: …, runtime: … } }`"
    ],
    [
      "an empty app",
      "apps:\n  a:\n",
      "2:3 `apps.a`: expected an app: keys such as `recipe:` and `runtime:`, found nothing"
    ],
    ["the root of all", "root: //\napps: {}\n", "1:7 `root`: expected the path of a folder (not / itself), found `//`"]
  ])("says what is wrong with %s", (_, text, expected) => {
    assert.deepStrictEqual(problems(text), [expected])
  })

  it("refuses aliases that expand exponentially", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for (const [name, of] of ["ba", "cb", "dc", "ed", "fe"]) bomb.push(`${name}: &${name} [${`*${of}, `.repeat(9)}]`)
    assert.deepStrictEqual(problems(bomb.join("\n")), ["1:1 its aliases (`*name`) repeat too many values"])
  })

  it.each(["5", "5x", "-5m", "5 m", "m", "1.5h", "1000000s", "''"])("refuses %s as a duration", (text) => {
    assert.match(
      problemOf(`    minimumAge: ${text}\n`),
      /^6:17 `apps\.a\.minimumAge`: expected a duration such as `500ms`/
    )
  })

  it.each(["20", "20MB", "0MB/s", "20 MB/s", "500kB/s", "20Mb/s", "1.5GB/s", "off", "''"])(
    "refuses %s as a rate",
    (text) => {
      assert.match(
        problemOf(`    snapshot: { prepare: { bandwidth: ${text} } }\n`),
        /^6:39 `apps\.a\.snapshot\.prepare\.bandwidth`: expected a rate of at least `1MB\/s`, such as `20MB\/s` or `1GB\/s`, found/
      )
    }
  )

  it.each(["interval", "health: { deadline", "health: { interval", "deadlines: { deploy"])(
    "refuses no time at all for %s",
    (key) => {
      const text = `    ${key}: 0s${key.includes("{") ? " }" : ""}\n`
      assert.match(problemOf(text), /expected a duration greater than zero, .*, found `0s`$/)
    }
  )

  it("refuses a health gate that can never pass", () => {
    assert.strictEqual(
      problemOf("    health:\n      deadline: 1m\n      stableFor: 60s\n"),
      "8:18 `apps.a.health.stableFor`: it must be shorter than `deadline`, or the health gate can never pass"
    )
  })

  it.each([
    ["* * *", "it has 3 fields instead of 5 or 6"],
    ["61 * * * *", "expected a value between 0 and 59"],
    ["0 0 31 2 *", "no date ever matches it"],
    ["@reboot", "it is not one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly"]
  ])("refuses %s as a schedule", (text, why) => {
    assert.strictEqual(
      problemOf(`    schedule: "${text}"\n`),
      `6:15 \`apps.a.schedule\`: expected a cron expression such as \`"0 3 * * *"\`, or \`"@daily"\`, found \`${text}\`: ${why}`
    )
  })

  it.each(["@daily", "*/15 * * * *", "30 0 3 * * sun"])("takes %s as a schedule", (text) => {
    const yaml = `apps: { a: { recipe: ./a, runtime: local, schedule: "${text}" } }`
    assert.strictEqual(good(yaml).apps[0]?.schedule, text)
  })

  it.each([
    [
      "htpp: http://x",
      "`apps.a.health.checks[0]`: expected a check with one of the keys http, tcp, grpc, exec or container, found htpp"
    ],
    [
      "5",
      "`apps.a.health.checks[0]`: expected a check with one of the keys http, tcp, grpc, exec or container, found a number that does not fit"
    ],
    [
      "{ http: /x, tcp: 'a:1' }",
      "`apps.a.health.checks[0]`: it has http and tcp: keep one of them, and write the other as a separate entry"
    ],
    [
      "{ http: /x, status: '200' }",
      "`apps.a.health.checks[0].status`: expected a whole number from 100 to 599, found the text `200`"
    ],
    [
      "{ http: /x, status: 99 }",
      "`apps.a.health.checks[0].status`: expected a whole number from 100 to 599, found the number 99"
    ],
    [
      "{ http: /x, stats: 200 }",
      "`apps.a.health.checks[0].stats`: there is no such key (did you mean `status`?), allowed here: http, status, contains, timeout"
    ],
    [
      "tcp: db:65536",
      '`apps.a.health.checks[0].tcp`: expected a host and a port from 1 to 65535, such as `"127.0.0.1:5432"` or `"[::1]:5432"`, found `db:65536`'
    ],
    [
      "tcp: 5432",
      '`apps.a.health.checks[0].tcp`: expected a host and a port from 1 to 65535, such as `"127.0.0.1:5432"` or `"[::1]:5432"`, found the number 5432'
    ],
    ["{ grpc: 'db:1', tls: 'yes' }", "`apps.a.health.checks[0].tls`: expected `true` or `false`, found the text `yes`"],
    ["exec: ''", "`apps.a.health.checks[0].exec`: expected a command, on one line, found a text that does not fit"],
    ["container: false", "`apps.a.health.checks[0].container`: expected `true` or the name of a service, found `false`"]
  ])("says what is wrong with the check %s", (check, expected) => {
    const found = problemOf(`    health:\n      checks:\n        - ${check}\n`)
    assert.strictEqual(found.slice(found.indexOf("`")), expected)
  })

  it("refuses an empty list of checks", () => {
    assert.match(
      problemOf("    health: { checks: [] }\n"),
      /expected a list of at least one check .*, found an empty list$/
    )
  })

  /** Verifies: LAW-12 */
  it("never quotes a possible secret", () => {
    const found = problems(`apps:
  a:
    recipe: ./a
    runtime: local
    health: { checks: [{ http: "ftp://user:s3cret@example.org" }, { exec: "echo s3cret\\n" }] }
notify: ["https:/s3cret", [s3cret], { token: s3cret }, "ntfy://s3cret:s3cret@h/s3cret?s3cret=1"]
ping: "ftp://s3cret"
`)
    assert.strictEqual(found.length, 8)
    assert.notInclude(found.join("\n"), "s3cret")
  })

  it("refuses a URL under notify that it cannot send to, with its line and a remedy", () => {
    assert.deepStrictEqual(problems("apps: {}\nnotify:\n  - ntfy://ntfy.sh\n  - telegrm://x\ndigest: 25:00\n"), [
      "3:5 `notify[0]`: lastgood cannot send to this URL: it needs exactly one topic after the host (ntfy://[<user>:<password>@]<host>/<topic>)",
      `4:5 \`notify[1]\`: lastgood cannot send to this URL: its scheme is not one of ${Object.keys(kinds).join(", ")}; apprise has every other service`,
      "5:9 `digest`: expected a time of day such as `08:00`, found `25:00`"
    ])
  })

  /** Verifies: LAW-13 (an app's name becomes a folder of the root) */
  it.each(["../x", "..", ".", "a/b", "A", "-a", "events.db", "events.db-wal", `a${"b".repeat(63)}`, "__proto__", "''"])(
    "refuses %s as an app's name",
    (name) => {
      const found = problems(`apps:\n  ${name}: { recipe: ./a, runtime: local }\n`)
      assert.match(found.join(), /^2:3 `apps\..*`: expected an app's name: 1 to 63 characters of a-z, 0-9/)
    }
  )

  it.each(["/etc", "../x", "a/../../b", ".."])("refuses %s as a glob of a volume", (glob) => {
    assert.match(
      problemOf(`    snapshot: { exclude: { data: ["${glob}"] } }\n`),
      /: expected a glob relative to the volume/
    )
  })

  it("refuses two apps with the same stack", () => {
    assert.deepStrictEqual(
      problems(`apps:
  a: { recipe: ./a, runtime: swarm, domain: x.example.org }
  b: { recipe: ./b, runtime: compose, domain: y.example.org, stack: x_example_org }
`),
      ["3:3 `apps.b`: the app a has the same stack `x_example_org`; give one of them another `stack` or `domain`"]
    )
  })

  it.each([
    [
      "a URL as recipe",
      "{ recipe: https://example.org/a.git, runtime: local }",
      "recipe`: it is a URL; clone the repository and give the path of the clone"
    ],
    [
      "an ssh URL as recipe",
      "{ recipe: 'git@example.org:a.git', runtime: local }",
      "recipe`: it is a URL; clone the repository and give the path of the clone"
    ],
    [
      "a bare recipe without abra",
      "{ recipe: keycloak, runtime: local }",
      "recipe`: only the abra runtime accepts a bare name; for a folder beside this file write `./keycloak`"
    ],
    [
      "no domain on swarm",
      "{ recipe: ./a, runtime: swarm }",
      "domain`: it is missing, but the swarm runtime requires it: a host name such as `keycloak.example.org`"
    ],
    [
      "a domain with a scheme",
      "{ recipe: ./a, runtime: swarm, domain: 'https://a.example.org' }",
      "domain`: expected a host name in lower case, such as `keycloak.example.org`, without a scheme, port or path, found `https://a.example.org`"
    ],
    [
      "both a schedule and an interval",
      "{ recipe: ./a, runtime: local, schedule: '@daily', interval: 5m }",
      "interval`: there is also a `schedule`; keep one of the two"
    ],
    [
      "volumes on swarm",
      "{ recipe: ./a, runtime: swarm, domain: a.example.org, volumes: [data] }",
      "volumes`: it is for the local runtime only; swarm gets the app's volumes from the engine"
    ],
    [
      "volumes of one variable",
      "{ recipe: ./a, runtime: local, volumes: [a-b, a_b] }",
      "volumes[1]`: `a_b` and `a-b` would have the same variable; rename one"
    ],
    [
      "a filter for no volume",
      "{ recipe: ./a, runtime: local, volumes: [data], snapshot: { exclude: { dta: [x] } } }",
      "snapshot.exclude.dta`: the app has no volume `dta` (it has data)"
    ],
    [
      "a long domain on abra",
      `{ recipe: a, runtime: abra, domain: ${"a".repeat(40)}.example.org }`,
      "stack`: it is missing, but required for a domain of more than 45 characters: give the name that `docker stack ls` shows"
    ]
  ])("refuses %s", (_, app, expected) => {
    const found = problems(`apps:\n  a: ${app}\n`)
    assert.deepStrictEqual(
      found.map((text) => text.slice(text.indexOf("`apps.a.") + "`apps.a.".length)),
      [expected]
    )
  })
})

describe("http", () => {
  const httpOf = (http: string) => {
    const parsed = parseConfig(`${http}\napps: {}\n`, place, () => "/var/lib/lastgood")
    return Result.isSuccess(parsed) ? parsed.success.config.http : parsed.failure.message
  }

  it("listens on the loopback alone unless it says otherwise", () => {
    const loopback = { listen: [{ host: "127.0.0.1", port: 8420 }], readOpen: false }
    assert.deepStrictEqual([httpOf(""), httpOf("http: {}")], [loopback, loopback])
    assert.isNull(httpOf("http: off"))
    assert.deepStrictEqual(httpOf("http: { listen: off, readOpen: true }"), { listen: [], readOpen: true })
    assert.deepStrictEqual(httpOf('http: { listen: ["[::1]:80", "192.0.2.7:65535"] }'), {
      listen: [
        { host: "::1", port: 80 },
        { host: "192.0.2.7", port: 65_535 }
      ],
      readOpen: false
    })
  })

  it.each(["localhost:80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "256.0.0.1:80", "0.0.0.0:8420 ", ":80"])(
    "refuses the address %s",
    (address) => assert.match(String(httpOf(`http: { listen: "${address}" }`)), /an IP address and a port/)
  )
})
