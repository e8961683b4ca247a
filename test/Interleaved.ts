/**
 * The order of the test files on a machine that has not run them before. Tests that wait for a Docker engine run beside tests
 * that use the processor, and no long test starts last, where it would run alone.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** These take minutes each and mostly wait. */
const waits = /test\/(?:e2e\/(?:compose|swarm|abra)|docker|crash|soak)\/|test\/conformance\/(?:Compose|Swarm|Abra)/
const lanes = ["e2e", "component", "unit", "long"]

export default class Interleaved extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const lane = ({ project }: TestSpecification) => lanes.indexOf(project.name)
    // Stable: within a lane the order stays vitest's (known durations, else sizes).
    const sorted = (await super.sort(files)).toSorted((a, b) => lane(a) - lane(b))
    const waiting = sorted.filter(({ moduleId }) => waits.test(moduleId))
    const working = sorted.filter(({ moduleId }) => !waits.test(moduleId))
    const paired = working.flatMap((file, index) => [...waiting.slice(index, index + 1), file])
    return [...paired, ...waiting.slice(working.length)]
  }
}
