/** Watches the app on the swarm from outside while something is done that must not touch it. */
import { stat } from "node:fs/promises"
import { assert } from "@effect/vitest"
import { docker, sleep, type World } from "./world.ts"

/** Containers with their start, tasks, and the volumes' folders themselves. */
const bodyOf = async (world: World) => {
  const label = ["--filter", `label=com.docker.stack.namespace=${world.stack}`]
  const ids = await docker("container", "ls", "--all", "--quiet", "--no-trunc", ...label)
  const folders = await Promise.all(["data", "jobs"].map(async (key) => stat(await world.volume(key))))
  return {
    containers: await docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}} {{.RestartCount}}", ...ids),
    tasks: (await docker("stack", "ps", "--quiet", "--no-trunc", world.stack)).toSorted(),
    folders: folders.map(({ dev, ino }) => `${dev}:${ino}`)
  }
}

/**
 * Does something, and proves that the app was not touched: the same containers and tasks answered every request, on the
 * same data. Returns what was done.
 */
export const untouched = async <A>(world: World, act: () => Promise<A>): Promise<A> => {
  const body = await bodyOf(world)
  const page = await world.page()
  assert.isNotNull(page, "it answers before")
  let asked = 0
  let over = false
  const bad: Array<unknown> = []
  const watch = (async () => {
    while (!over) {
      const now = await world.page()
      asked++
      if (JSON.stringify(now) !== JSON.stringify(page)) bad.push(now)
      await sleep(50)
    }
  })()
  const result = await act().finally(() => {
    over = true
  })
  await watch
  assert.deepStrictEqual(bad, [], `of ${asked} requests`)
  assert.isAbove(asked, 2)
  assert.deepStrictEqual(await bodyOf(world), body)
  return result
}
