/** The package for Debian, on a host without Node. What systemd does with its units is done by a stand-in. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import { waitUntil } from "@lastgood/testing/waitUntil"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { execa, execaSync } from "execa"
import { ensureImages, hostImage } from "../../docker/images.ts"
import { describeNeeding } from "../../needing.ts"
import { buildDeb, describeHost, type Host, makeHost } from "./host.ts"
import { makeSite, plugin, statusOf, tagNext, v1, v2 } from "./site.ts"

/** The daemon as its unit says: `KillMode=process`, and a stop that waits for it. */
const systemctl = `#!/bin/bash
echo "$*" >>/tmp/systemctl
unit=/lib/systemd/system/lastgood.service
stop() {
  [ -s /tmp/daemon ] || return 0
  kill -TERM "$(cat /tmp/daemon)"
  while [ -e "/proc/$(cat /tmp/daemon)" ]; do sleep 0.1; done
  rm /tmp/daemon
}
start() {
  setsid $(sed -n 's/^ExecStart=//p' "$unit") >>/tmp/daemon.log 2>&1 </dev/null &
  echo $! >/tmp/daemon
}
case "$*" in
  "start lastgood.service") start ;;
  "try-restart lastgood.service") if [ -s /tmp/daemon ]; then stop; start; fi ;;
  "stop "*lastgood.service*) stop ;;
esac
`

/** `[Service]` and its like, as pairs; comments are left out. */
const settingsIn = (unit: string): ReadonlyArray<string> => unit.split("\n").filter((line) => /^[A-Z]\w+=/.test(line))

const whyNoLintian = execaSync("lintian", ["--version"], { reject: false }).failed ? "lintian is not installed" : null

describeHost("the Debian package", () => {
  const scope = Scope.makeUnsafe()
  let host: Host
  let first = ""
  let second = ""
  /** Works beside the other tests: it reads every byte of the program. */
  let lintian: Promise<{ readonly exitCode?: number; readonly all?: string }> | undefined

  beforeAll(
    () =>
      Effect.gen(function* () {
        yield* ensureImages("host")
        first = yield* buildDeb("0.1.0")
        if (whyNoLintian === null)
          lintian = execa("lintian", ["--fail-on", "error", first], { reject: false, all: true })
        second = yield* buildDeb("0.1.1")
        host = yield* makeHost(hostImage)
        yield* host.copy(first, "/tmp/first.deb")
        yield* host.copy(second, "/tmp/second.deb")
        yield* host.write("/usr/local/bin/systemctl", systemctl)
        yield* host.must("chmod 755 /usr/local/bin/systemctl; rm /usr/sbin/policy-rc.d; mkdir -p /run/systemd/system")
      }).pipe(Scope.provide(scope), Effect.runPromise),
    900_000
  )
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.live("installs the command, its units, completions and a man page, and starts nothing", () =>
    Effect.gen(function* () {
      yield* host.must("dpkg -i /tmp/first.deb")
      assert.strictEqual((yield* host.bash("command -v node")).code, 1)
      assert.match(yield* host.must("lastgood --version"), /^\d+\.\d+\.\d+$/)
      yield* host.must("test -d /etc/lastgood && bash -n /usr/share/bash-completion/completions/lastgood")
      const { stdout: files } = yield* Effect.promise(() => execa("dpkg-deb", ["--contents", first]))
      for (const path of ["man/man1/lastgood.1.gz", "zsh/vendor-completions/_lastgood", "doc/lastgood/copyright"]) {
        assert.include(files, `/usr/share/${path}`)
      }
      assert.notMatch(yield* host.must("cat /tmp/systemctl"), /start|enable/)
    })
  )

  it.live("has the unit that docs/operations.md shows, with settings of its own", () =>
    Effect.gen(function* () {
      const docs = yield* Effect.promise(() =>
        readFile(join(import.meta.dirname, "../../../docs/operations.md"), "utf8")
      )
      const shown = settingsIn(/```ini\n([\s\S]*?)```/.exec(docs)?.[1] ?? "")
      const unit = settingsIn(yield* host.must("cat /lib/systemd/system/lastgood.service"))
      const own = (lines: ReadonlyArray<string>) =>
        lines.filter((line) => /^(Kill|Timeout|Restart=|Success|Exec|WantedBy)/.test(line))
      const expected = own(shown).map((line) => line.replace("/usr/local/bin/", "/usr/bin/"))
      assert.isAtLeast(expected.length, 7)
      assert.sameMembers([...own(unit)], expected)
      const once = settingsIn(yield* host.must("cat /lib/systemd/system/lastgood-once.service"))
      for (const line of ["KillMode=process", "TimeoutStopSec=15min", "SuccessExitStatus=130"])
        assert.include(once, line)
    })
  )

  /** Verifies: LAW-6, LAW-9 */
  it.live(
    "is upgraded in the middle of an attempt, and the app ends healthy at the newer version",
    () =>
      Effect.gen(function* () {
        yield* makeSite(host)
        // The hook waits while the app is down.
        const wait = `after: { snapshot: { timeout: "2m", run: async () => {
        writeFileSync("/tmp/down", "")
        while (!existsSync("/tmp/go")) await new Promise((resolve) => setTimeout(resolve, 100))
      } } }`
        yield* host.must(`sed -i '1i import { existsSync, writeFileSync } from "node:fs"' ${plugin}`)
        yield* host.must("lastgood deploy site")
        const code = yield* host.must(`cat ${plugin}`)
        yield* host.write(plugin, code.replace("hooks: {", `hooks: { ${wait},`))
        yield* tagNext(host)
        yield* host.must("systemctl start lastgood.service")
        yield* host.must(
          "for i in $(seq 600); do [ -e /tmp/down ] && exit; sleep 0.1; done; cat /tmp/daemon.log; exit 1"
        )
        const before = yield* host.must("cat /tmp/daemon")
        const upgrade = yield* Effect.forkChild(host.must("dpkg -i /tmp/second.deb"))
        yield* host.must("until grep -q try-restart /tmp/systemctl; do sleep 0.1; done; sleep 1; touch /tmp/go")
        yield* Fiber.join(upgrade)
        yield* host.must("dpkg -s lastgood | grep -q '^Version: 0.1.1$'")
        assert.notStrictEqual(yield* host.must("cat /tmp/daemon"), before)
        yield* host.must(
          `for i in $(seq 300); do grep -q ${v2} /var/lib/lastgood/site/last_good && exit; sleep 0.2; done; cat /tmp/daemon.log; exit 1`
        )
        yield* waitUntil(
          "the upgrade does not end",
          Effect.map(statusOf(host), ({ phase }) => phase === "running"),
          60_000
        )
        assert.deepInclude(yield* statusOf(host), { running: v2, lastGood: v2 })
        const events = (yield* host.must("lastgood log site --json")).split("\n").map((line) => JSON.parse(line))
        assert.deepStrictEqual(
          events.filter(({ type }) => type === "AlertRaised" || type === "RolledBack"),
          []
        )
        assert.deepStrictEqual(
          (yield* host.must("cat /var/lib/lastgood/site/volumes/data/starts || true")).split("\n"),
          [v1, v2]
        )
      }),
    300_000
  )

  it.live(
    "is removed completely, except for the app, the configuration and the root",
    () =>
      Effect.gen(function* () {
        const files = yield* host.must("dpkg -L lastgood | while read f; do [ -f $f ] && echo $f; done; true")
        const daemon = yield* host.must("cat /tmp/daemon")
        yield* host.must("dpkg --purge lastgood")
        yield* host.must(
          `for f in ${files.replaceAll("\n", " ")}; do [ ! -e $f ] || exit 1; done; [ ! -e /proc/${daemon} ]`
        )
        yield* host.must(
          "test -f /etc/lastgood/lastgood.yaml && test -f /var/lib/lastgood/events.db && grep -l 'sleep.1000000' /proc/[0-9]*/cmdline"
        )
        yield* host.must("dpkg -i /tmp/second.deb")
        assert.deepInclude(yield* statusOf(host), { phase: "running", running: v2, lastGood: v2 })
        // Nobody would finish an attempt any more.
        yield* host.must(
          "rm -f /tmp/go /tmp/down; (setsid lastgood snapshot site >/dev/null 2>&1 &); until [ -e /tmp/down ]; do sleep 0.1; done; kill -9 $(pidof lastgood); touch /tmp/go"
        )
        const refused = yield* host.bash("dpkg --remove lastgood 2>&1")
        assert.notStrictEqual(refused.code, 0)
        assert.match(refused.stdout, /an attempt is not finished.*\nnext: finish it \(lastgood reconcile --once\)/)
        yield* host.must("lastgood reconcile --once")
        assert.deepInclude(yield* statusOf(host), { phase: "running", running: v2 })
        yield* host.must("rm -r /etc/lastgood/* && dpkg --purge lastgood && test ! -e /etc/lastgood")
      }),
    180_000
  )

  describeNeeding("LASTGOOD_TEST_LINTIAN", whyNoLintian, "as lintian sees it", () => {
    it.live(
      "has no error",
      () =>
        Effect.gen(function* () {
          const judged = yield* Effect.promise(async () => lintian)
          assert.strictEqual(judged?.exitCode, 0, judged?.all)
        }),
      300_000
    )
  })
})
