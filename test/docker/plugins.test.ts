/** The built-in plugins for servers, against the real ones: what each reports of healthy and unhealthy ones. */
import { assert, beforeAll } from "@effect/vitest"
import type { Plugin } from "@lastgood/core/plugin/definePlugin"
import generic from "@lastgood/plugins/generic"
import mariadb from "@lastgood/plugins/mariadb"
import postgres from "@lastgood/plugins/postgres"
import redis from "@lastgood/plugins/redis"
import * as Effect from "effect/Effect"
import { compose } from "./compose.ts"
import { busyboxImage, ensureImages, mariadbImage, postgresImage, redisImage } from "./images.ts"
import { describeSwarm } from "./requireDocker.ts"
import { deadline, runtimeTest, waitUntil } from "./runtimeTest.ts"
import { troubles } from "./troubles.ts"

/** With what an address, a form and a shell each read otherwise. */
const password = 'p%w&d $1"ü'

const passwordFile = "/run/secrets/password"
const secret = { secrets: ["password"], stop_grace_period: "5s" }

describeSwarm("the built-in plugins", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox", "postgres", "mariadb", "redis")), 600_000)

  runtimeTest("pass for healthy servers, and report the faults of others", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const files = compose(
        {
          pg: {
            ...secret,
            image: postgresImage,
            command: [],
            hostname: "pg",
            environment: { POSTGRES_USER: "cloud", POSTGRES_PASSWORD_FILE: passwordFile }
          },
          sql: {
            ...secret,
            image: mariadbImage,
            command: [],
            environment: { MARIADB_ROOT_PASSWORD_FILE: passwordFile },
            deploy: { restart_policy: { condition: "none" } }
          },
          cache: { ...secret, image: redisImage, command: ["--enable-debug-command", "yes"] },
          web: {
            image: busyboxImage,
            command: ["sh", "-c", "mkdir -p /www/up; echo it works >/www/up/index.html; exec httpd -f -p 80 -h /www"]
          }
        },
        { secrets: { password: { file: "./password" } } }
      )
      yield* runtime.deploy(app, yield* release("1.0.0+1", { ...files, password: `${password}\n` }), deadline)
      const inside = (service: string, command: string) => runtime.exec(app, command, service)
      const see = <Settings>(plugin: Plugin<Settings>, settings: Record<string, unknown>) =>
        troubles(runtime, app, plugin, settings)

      const byName = { databases: { pg: "postgres", sql: "mariadb", cache: "redis" } }
      const page = { exec: { web: "wget -qO- http://127.0.0.1/up/ | grep -q works" } }
      yield* waitUntil(
        "the servers are not healthy",
        Effect.map(see(generic, { ...byName, ...page }), (t) => t === "")
      )

      // PostgreSQL: with a password, with a wrong one, without the right to write, hung.
      const pg = { service: "pg", user: "cloud", host: "pg", passwordFile, write: true }
      assert.strictEqual(yield* see(postgres, pg), "")
      assert.match(yield* see(postgres, { ...pg, passwordFile: "/etc/hostname" }), /authentication failed/)
      yield* inside(
        "pg",
        "psql -U postgres -c 'alter system set default_transaction_read_only = on' -c 'select pg_reload_conf()'"
      )
      yield* waitUntil(
        "the server takes writes",
        Effect.map(see(postgres, pg), (t) => /read-only/.test(t))
      )
      assert.strictEqual(yield* see(postgres, { ...pg, write: false }), "")
      yield* inside("pg", "kill -STOP $(head -1 /var/lib/postgresql/data/postmaster.pid)")
      assert.match(yield* see(postgres, pg), /timeout expired|exit 124|no answer within/)
      yield* inside("pg", "kill -CONT $(head -1 /var/lib/postgresql/data/postmaster.pid)")

      // MariaDB: a wrong password, which its own ping is content with; and a server that has ended.
      const sql = { service: "sql" }
      assert.strictEqual(yield* see(mariadb, { ...sql, passwordFile, database: "mysql" }), "")
      assert.match(yield* see(mariadb, { ...sql, passwordFile: "/etc/hostname" }), /Access denied/)
      yield* inside("sql", `MYSQL_PWD="$(cat ${passwordFile})" mariadb -u root -e shutdown`)
      yield* waitUntil(
        "the server is healthy",
        Effect.map(see(mariadb, sql), (t) => /no container of sql is running/.test(t))
      )

      // Redis: a password, no replica to write to, and a server that loads its data.
      const cache = { service: "cache", write: true }
      const cli = (words: string) => inside("cache", `REDISCLI_AUTH="$(cat ${passwordFile})" redis-cli ${words}`)
      assert.strictEqual(yield* see(redis, cache), "")
      yield* inside("cache", `redis-cli config set requirepass "$(cat ${passwordFile})"`)
      assert.match(yield* see(redis, cache), /NOAUTH/)
      assert.strictEqual(yield* see(redis, { ...cache, passwordFile }), "")
      yield* cli("config set min-replicas-to-write 1")
      assert.match(yield* see(redis, { ...cache, passwordFile }), /^exit 0: NOREPLICAS/)
      yield* cli("config set min-replicas-to-write 0")
      yield* cli("debug populate 3000")
      yield* cli("config set loading-process-events-interval-bytes 1024")
      yield* cli("config set key-load-delay 2000")
      yield* inside("cache", `REDISCLI_AUTH="$(cat ${passwordFile})" setsid redis-cli debug reload >/dev/null 2>&1 &`)
      yield* waitUntil(
        "it never loads",
        Effect.map(see(redis, { ...cache, passwordFile }), (t) => /LOADING/.test(t))
      )
      yield* waitUntil(
        "it loads for ever",
        Effect.map(see(redis, { ...cache, passwordFile }), (t) => t === "")
      )

      // The generic one tells which of them is not well.
      assert.match(yield* see(generic, byName), /sql .*NOAUTH/)
      assert.match(yield* see(generic, { exec: { web: "test -e /none" } }), /^exit 1$/)
      assert.match(yield* see(redis, { service: "web" }), /redis-cli/)
    })
  )
})
