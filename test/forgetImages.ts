/** Removes what lastgood keeps of the images of tests: their worlds end without an attempt that would remove it. */
import { existsSync } from "node:fs"
import { execa } from "execa"

const kept = /^lastgood-test\/[^:]+?(?:-(\d+))?:lastgood-/

/** The name of an image may end with the process whose test made it: another run goes on beside this one. */
const isOfTest = (image: string): boolean => {
  const found = kept.exec(image)
  return found !== null && (found[1] === undefined || !existsSync(`/proc/${found[1]}`))
}

const lines = async (...args: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const { stdout = "" } = await execa("docker", [...args], { reject: false, timeout: 20_000 })
  return stdout.split("\n")
}

/** vitest calls it after the last test. */
export const teardown = async (): Promise<void> => {
  const label = "label=lastgood.keeps-image-of"
  const holders = await lines("container", "ls", "--all", "--filter", label, "--format", "{{.ID}} {{.Image}}")
  for (const [id = "", image = ""] of holders.map((line) => line.split(" "))) {
    if (isOfTest(image)) await lines("container", "rm", id)
  }
  const images = (await lines("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")).filter(isOfTest)
  if (images.length > 0) await lines("image", "rm", ...images)
}
