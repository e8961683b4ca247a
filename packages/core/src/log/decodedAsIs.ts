/**
 * Tells at a glance that a schema decodes a value to the value itself, which is so for almost every event: the schema's own
 * decoder copies each object. It knows the schemas that events are made of, and values as `JSON.parse` returns them. Where
 * it says no, the schema decides.
 */
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

type Test = (value: unknown) => boolean

const no: Test = () => false

/** The types of values that are not objects. */
const typeTest = (ast: SchemaAST.AST): Test | null => {
  if (SchemaAST.isString(ast)) return (value) => typeof value === "string"
  if (SchemaAST.isNumber(ast)) return (value) => typeof value === "number"
  if (SchemaAST.isBoolean(ast)) return (value) => typeof value === "boolean"
  if (SchemaAST.isNull(ast)) return (value) => value === null
  if (SchemaAST.isLiteral(ast)) return (value) => value === ast.literal
  return null
}

const arrayTest = ({ elements, rest }: SchemaAST.Arrays): Test => {
  const [each, ...more] = rest
  if (each === undefined || elements.length > 0 || more.length > 0) return no
  const test = testOf(each)
  return (value) => Array.isArray(value) && value.every(test)
}

/** The decoder leaves unknown keys out, and puts the others in the order of the schema. */
const objectTest = ({ indexSignatures, propertySignatures }: SchemaAST.Objects): Test => {
  // Without fields, anything but null is accepted.
  if (indexSignatures.length > 0 || propertySignatures.length === 0) return no
  const fields = propertySignatures.map(({ name, type }) => ({
    name,
    isOptional: SchemaAST.isOptional(type),
    test: testOf(type)
  }))
  /** The field that a key belongs to, after those before it; -1: none. */
  const indexOf = (key: string, from: number): number => {
    let index = from
    while (fields[index]?.name !== key) if (fields[index++]?.isOptional !== true) return -1
    return index
  }
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false
    const record = value as Readonly<Record<string, unknown>>
    let next = 0
    for (const key in record) {
      const index = indexOf(key, next)
      if (index === -1 || fields[index]?.test(record[key]) !== true) return false
      next = index + 1
    }
    while (next < fields.length) if (fields[next++]?.isOptional !== true) return false
    return true
  }
}

/** Of two members that are objects, the first may take the value and leave keys of the second out. */
const unionTest = ({ options, types }: SchemaAST.Union): Test => {
  if (options?.mode === "oneOf" || types.filter((type) => typeTest(type) === null).length > 1) return no
  const members = types.map(testOf)
  return (value) => members.some((member) => member(value))
}

const testOf = (ast: SchemaAST.AST): Test => {
  if (ast.encoding !== undefined) return no
  const test = typeTest(ast)
  if (test !== null && ast.checks !== undefined) {
    const { checks } = ast
    return (value) => test(value) && checks.every((check) => check._tag === "Filter" && !check.run(value, ast, {}))
  }
  if (test !== null) return test
  if (ast.checks !== undefined) return no
  if (SchemaAST.isArrays(ast)) return arrayTest(ast)
  if (SchemaAST.isObjects(ast)) return objectTest(ast)
  return SchemaAST.isUnion(ast) ? unionTest(ast) : no
}

/** @returns true: the schema decodes the value to an equal one. false: it may. */
export const decodedAsIs = (schema: Schema.Top): Test => testOf(schema.ast)
