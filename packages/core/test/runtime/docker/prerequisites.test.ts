import { assert, describe, it } from "@effect/vitest"
import { looksLikeFile } from "../../../src/runtime/docker/prerequisites.ts"

describe("A read-only mount of something that does not exist", () => {
  it.each([
    "/etc/nginx/nginx.conf",
    "/config.yml",
    "/init/01-users.sql",
    "/etc/prometheus/alert.rules.yml",
    "/srv/geo.mmdb"
  ])("is refused at %s, where docker would make a folder", (target) => assert.isTrue(looksLikeFile(target)))

  it.each(["/lib/modules", "/run/udev", "/etc/nginx/conf.d", "/data/.cache", "/opt/app-1.2", "/", "/a.b/c"])(
    "is left to docker at %s",
    (target) => assert.isFalse(looksLikeFile(target))
  )
})
