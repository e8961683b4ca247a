import { assert, describe, it } from "@effect/vitest"
import { looseIn, projectsIn } from "../../src/init/containers.ts"
import { filesOf } from "../../src/init/filesOf.ts"
import type { Container } from "../../src/runtime/docker/containers.ts"
import { container, type Like } from "../runtime/compose/container.ts"

/** As compose made it, without lastgood. */
const made = (like: Like, more: Readonly<Record<string, string>> = {}): Container => {
  const one = container(like)
  const labels = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": like.service ?? "web",
    "com.docker.compose.oneoff": "False",
    "com.docker.compose.project.working_dir": "/srv/shop",
    "com.docker.compose.project.config_files": "/srv/shop/compose.yml,/srv/shop/extra.yml",
    ...more
  }
  return { ...one, Config: { ...one.Config, Labels: labels } }
}

describe("Projects of a host", () => {
  it("are made from the labels of their containers", () => {
    const [found, ...rest] = projectsIn([
      made({
        ports: {
          "80/tcp": [
            { HostIp: "0.0.0.0", HostPort: "8080" },
            { HostIp: "::", HostPort: "8080" }
          ],
          "53/udp": [{ HostIp: "10.0.0.1", HostPort: "53" }]
        }
      }),
      made({ service: "db" }, { "com.docker.compose.project.environment_file": "/srv/shop/prod.env" })
    ])
    assert.deepStrictEqual(rest, [])
    assert.deepStrictEqual([found?.name, found?.folder], ["shop", "/srv/shop"])
    assert.deepStrictEqual(found?.files, ["/srv/shop/compose.yml", "/srv/shop/extra.yml"])
    assert.deepStrictEqual(
      found?.services.map(({ service }) => service),
      ["db", "web"]
    )
    assert.deepStrictEqual(found?.services[1]?.ports, [
      { address: "127.0.0.1", port: 8080, protocol: "tcp" },
      { address: "10.0.0.1", port: 53, protocol: "udp" }
    ])
  })

  it("have no container of docker compose run, and no Watchtower", () => {
    const run = made({ name: "shop-web-run-1" }, { "com.docker.compose.oneoff": "True" })
    const tower = made({ name: "watchtower" }, { "com.centurylinklabs.watchtower": "true" })
    assert.deepStrictEqual(projectsIn([run, tower]), [])
  })

  it("that lastgood deployed are known as such", () => {
    assert.isTrue(projectsIn([container()])[0]?.isManaged)
    assert.isFalse(projectsIn([made({})])[0]?.isManaged)
  })

  it("leave containers of nobody", () => {
    const loose = { ...made({ name: "hello" }), Config: { Image: "hello", Labels: null } }
    assert.deepStrictEqual(looseIn([made({}), loose]), ["hello"])
  })

  it("are not those that keep an image for lastgood", () => {
    const keeper = { ...made({}), Config: { Image: "hello", Labels: { "lastgood.keeps-image-of": "shop" } } }
    assert.deepStrictEqual(looseIn([keeper]), [])
  })
})

describe("The files of a project", () => {
  const usual = new Set(["compose.yml", "compose.override.yml", "docker-compose.yml"])

  it("are not named where docker compose finds them", () => {
    const files = ["/srv/shop/compose.yml", "/srv/shop/compose.override.yml"] as const
    assert.deepStrictEqual(filesOf([...files], usual, undefined), { recipe: "/srv/shop", named: [], outside: [] })
  })

  it("are named where it would find others", () => {
    const { named } = filesOf(["/srv/shop/compose.yml", "/srv/shop/prod.yml"], usual, undefined)
    assert.deepStrictEqual(named, ["compose.yml", "prod.yml"])
    assert.deepStrictEqual(filesOf(["/srv/shop/compose.yml"], usual, undefined).named, ["compose.yml"])
  })

  it("are not named where the env file names them", () => {
    assert.deepStrictEqual(filesOf(["/srv/shop/prod.yml"], usual, "prod.yml").named, [])
  })

  it("may be in another folder", () => {
    const { outside } = filesOf(["/srv/shop/compose.yml", "/srv/common.yml"], usual, undefined)
    assert.deepStrictEqual(outside, ["/srv/common.yml"])
  })
})
