/** The units of the Debian package, under a real systemd: what it is told, what it does about a daemon that stands still. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { ensureImages, systemdImage } from "../../docker/images.ts"
import { buildDeb, describeHost, type Host, makeHost } from "./host.ts"
import { makeSite, statusOf, tagNext, v2 } from "./site.ts"

/** What a container needs for systemd, without `--privileged`. */
const options = [
  ...["--network", "none", "--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"],
  ...["--tmpfs", "/run", "--tmpfs", "/run/lock", "--env", "container=docker"],
  ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"],
  ...["SYS_ADMIN", "SYS_PTRACE", "SYS_NICE", "LINUX_IMMUTABLE", "NET_ADMIN", "DAC_READ_SEARCH", "SYSLOG"].flatMap(
    (name) => ["--cap-add", name]
  )
]

const properties = (host: Host, ...names: ReadonlyArray<string>) =>
  host.must(`systemctl show lastgood ${names.map((name) => `--property ${name}`).join(" ")} --value`)

const dropIn = (host: Host, text: string) =>
  host
    .write("/etc/systemd/system/lastgood.service.d/test.conf", `[Service]\n${text}\n`)
    .pipe(Effect.andThen(host.must("systemctl daemon-reload")))

describeHost("the units", () => {
  const scope = Scope.makeUnsafe()
  let host: Host

  beforeAll(
    () =>
      Effect.gen(function* () {
        yield* ensureImages("systemd")
        const file = yield* buildDeb("0.1.0")
        host = yield* makeHost(systemdImage, options, ["/lib/systemd/systemd"])
        yield* host.must("until systemctl is-system-running --quiet --wait; do sleep 0.5; done")
        yield* host.copy(file, "/tmp/lastgood.deb")
        yield* host.must("dpkg -i /tmp/lastgood.deb")
        yield* makeSite(host)
        yield* host.must("lastgood deploy site")
      }).pipe(Scope.provide(scope), Effect.runPromise),
    900_000
  )
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.live("are valid for systemd, and expose less than units without a sandbox (9.6)", () =>
    Effect.gen(function* () {
      const { stdout } = yield* host.bash("systemd-analyze verify lastgood.service lastgood-once.service 2>&1")
      assert.notMatch(stdout, /Unknown|Failed to parse|Invalid|ignoring/i)
      const security = yield* host.must("systemd-analyze security lastgood lastgood-once")
      const figures = [...security.matchAll(/Overall exposure level for \S+: ([\d.]+)/g)].map(([, it]) => Number(it))
      assert.lengthOf(figures, 2, security)
      for (const figure of figures) assert.isBelow(figure, 7.5)
    })
  )

  it.live(
    "upgrades an app in the sandbox, and a command outside of it takes a snapshot of what runs in it",
    () =>
      Effect.gen(function* () {
        yield* host.must("systemctl start lastgood")
        // `start` has waited until the daemon was ready.
        assert.match(yield* properties(host, "StatusText"), /^watches 1 app/)
        yield* tagNext(host)
        yield* host.must(
          `for i in $(seq 300); do grep -q ${v2} /var/lib/lastgood/site/last_good && exit; sleep 0.2; done; journalctl -u lastgood --no-pager; exit 1`
        )
        assert.deepInclude(yield* statusOf(host), { phase: "running", running: v2, lastGood: v2 })
        yield* host.must("lastgood snapshot site --wait 30s")
        yield* host.must("systemctl reload lastgood")
        yield* host.must(
          "for i in $(seq 100); do journalctl -u lastgood --no-pager -o cat | grep -q 'reloaded .*SIGHUP' && exit; sleep 0.2; done; exit 1"
        )
      }),
    180_000
  )

  it.live("gives the journal a level for each line", () =>
    Effect.gen(function* () {
      const errors = yield* host.must("journalctl -u lastgood --no-pager -o cat -p warning")
      const all = yield* host.must("journalctl -u lastgood --no-pager -o cat -p info")
      assert.match(all, /^lastgood watches site \(every 1\.0 s\); alerts go to file; version \d/m)
      assert.match(all, /^site: UpgradeCommitted 1\.1\.0\+1\.1\.0 is the last good version$/m)
      assert.notInclude(errors, "UpgradeCommitted")
    })
  )

  /** Verifies: LAW-6 */
  it.live(
    "restarts a daemon that stands still, not one that works, and leaves its app running",
    () =>
      Effect.gen(function* () {
        yield* dropIn(host, "WatchdogSec=8s\nRestartSec=1s")
        yield* host.must("systemctl restart lastgood")
        const before = yield* properties(host, "MainPID")
        yield* Effect.sleep("12 seconds")
        assert.strictEqual(yield* properties(host, "MainPID"), before)
        yield* host.must(`kill -STOP ${before}`)
        yield* host.must(
          `for i in $(seq 120); do [ "$(systemctl show lastgood -p NRestarts --value)" = 1 ] && systemctl is-active --quiet lastgood && exit; sleep 0.5; done; exit 1`
        )
        assert.notStrictEqual(yield* properties(host, "MainPID"), before)
        assert.deepInclude(yield* statusOf(host), { phase: "running", running: v2 })
        assert.lengthOf((yield* host.must("pgrep -f 'sleep.1000000'")).split("\n"), 1)
      }),
    120_000
  )

  it.live(
    "stops the daemon as asked, and passes once, in the same sandbox",
    () =>
      Effect.gen(function* () {
        yield* host.must("systemctl stop lastgood")
        assert.strictEqual(yield* properties(host, "Result"), "success")
        assert.match(
          yield* host.must("journalctl -u lastgood --no-pager -o cat"),
          /lastgood stops \(SIGTERM\): no attempt is in flight/
        )
        yield* host.must("systemctl start lastgood-once && pgrep -f 'sleep.1000000'")
      }),
    120_000
  )

  it.live(
    "works with the stricter settings of docs/install.md",
    () =>
      Effect.gen(function* () {
        const docs = yield* Effect.promise(() =>
          readFile(join(import.meta.dirname, "../../../docs/install.md"), "utf8")
        )
        const [, strict = ""] = /```ini\n\[Service\]\n(NoNewPrivileges[\s\S]*?)```/.exec(docs) ?? []
        assert.include(strict, "RestrictNamespaces=yes")
        yield* dropIn(host, strict)
        yield* host.must("systemctl start lastgood")
        yield* host.must("cd /srv/site && git commit --quiet --allow-empty -m 3 && git tag 1.2.0+1.2.0")
        yield* host.must(
          "for i in $(seq 300); do grep -q 1.2.0 /var/lib/lastgood/site/last_good && exit; sleep 0.2; done; journalctl -u lastgood --no-pager; exit 1"
        )
        yield* host.must("systemctl stop lastgood")
      }),
    180_000
  )
})
