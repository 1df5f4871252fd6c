import { inspect } from 'node:util';
import { runInThisContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNotebookFixture, type NotebookFixture } from './notebook-fixture.js';
import { Boxes } from '../exec/boxes.js';
import { ModuleLoader } from '../exec/module-loader.js';
import { CellCompiler } from './cell-compiler.js';

let fixture: NotebookFixture;
/** One long notebook for the rules: each must hold whatever ran before it. */
let shared: Notebook;
beforeAll(() => {
  fixture = createNotebookFixture(
    {
      'd.json': '{"a":41}',
      'helper.ts': 'export const help = (x: number): number => x + 1;',
      'node_modules/expo/package.json': '{"name":"expo","version":"1.0.0","exports":{".":{"types":"./i.d.ts","default":"./i.js"}}}',
      'node_modules/expo/i.js': 'exports.f = (x) => x * 2;',
      'node_modules/expo/i.d.ts': 'export declare function f(x: number): number;',
      'node_modules/esmo/package.json': '{"name":"esmo","version":"1.0.0","type":"module","exports":{".":{"import":{"types":"./i.d.ts","default":"./i.js"}}}}',
      'node_modules/esmo/i.js': 'export const g = (x) => x * 3;',
      'node_modules/esmo/i.d.ts': 'export declare function g(x: number): number;'
    },
    {
      'sdk.d.ts': `declare module "@jupyterlab-vcp/sdk" {
export interface Unit { scaleTo(n: number): Promise<Unit>; name: string }
export interface Cloud { readonly unit: { create(name: string): Promise<Unit> }; list(): Promise<Unit[]> }
}`,
      'sdk-globals.d.ts': 'declare const vc: import("@jupyterlab-vcp/sdk").Cloud;'
    }
  );
  shared = new Notebook();
});
afterAll(() => fixture.remove());

type Outcome = { readonly value: unknown } | { readonly refused: readonly string[] } | { readonly threw: unknown };

/** A notebook that compiles and runs cells as the executor does, without a kernel around it. */
class Notebook {
  readonly boxes = new Boxes();
  readonly compiler = new CellCompiler(fixture.cwd, fixture.typesDir);
  readonly #modules = new ModuleLoader(fixture.cwd);
  readonly disposable: string[] = [];

  async run(code: string): Promise<Outcome> {
    const cell = this.compiler.compile(code, true);
    if (cell.kind === 'refused') return { refused: cell.diagnostics.map((d) => `${d.line}:${d.column} TS${d.code} ${d.message}`) };
    const kernel = {
      mark: 0,
      module: (specifier: string, options?: ImportCallOptions) => this.#modules.load(specifier, options),
      magic: () => undefined,
      use: (name: string, value: unknown) => (this.disposable.push(name), value)
    };
    try {
      const run = runInThisContext(cell.js) as (kernel: unknown, boxes: unknown) => Promise<unknown>;
      return { value: await run(kernel, this.boxes.pick(cell.boxes)) };
    } catch (threw) {
      return { threw };
    }
  }

  async runAll(cells: readonly string[]): Promise<Outcome> {
    let outcome: Outcome = { value: undefined };
    for (const cell of cells) outcome = await this.run(cell);
    return outcome;
  }
}

const RULES: readonly (readonly [rule: string, cells: readonly string[], value: unknown])[] = [
  ['a closure of an earlier cell shares a reassigned variable', ['let n=1; const inc=()=>{n++}', 'n=100; inc(); n'], 101],
  ['a variable is narrowed by an assignment in a later cell', ['let m: string|undefined = undefined as any', 'm="a"; m.length'], 1],
  ['using in a block is disposed at the end of the block', ['const log:string[]=[]; { using r={[Symbol.dispose](){log.push("d")}}; log.push("u") }', 'log'], ['u', 'd']],
  ['using at the top level outlives its cell', ['using r={[Symbol.dispose](){}, v:3}', 'r.v'], 3],
  ['satisfies', ['const s={a:1} satisfies Record<string,number>', 's.a.toFixed(1)'], '1.0'],
  ['standard decorators', ['function d(v:Function,c:ClassMethodDecoratorContext){ return function(){return String(c.name)+"!"} as any } class A{ @d m(){return 1} }', 'new A().m()'], 'm!'],
  ['for await alone at the top level', ['const o:number[]=[]; for await (const x of [Promise.resolve(1),2]) o.push(x);', 'o'], [1, 2]],
  ['await at the top level', ['const v=await Promise.resolve(5)', 'v+1'], 6],
  ['a package with an exports map only', ['import {f} from "expo"; f(2)', 'f(3)'], 6],
  ['a package of ES modules only', ['import {g} from "esmo"; g(2)', 'g(5)'], 15],
  ['declarations of a cell that throws', ['const ok=1; const bad=(()=>{throw new Error("x")})();', 'ok'], 1],
  ['JSON with an import attribute', ['import j from "./d.json" with {type:"json"}; j.a', 'j.a+1'], 42],
  ['an enum in a later cell', ['enum E{A,B}', 'E.B', 'const enum C{X=7}', 'const e:E=E.A; e'], 0],
  ['a const enum in a later cell', ['const enum C{X=7}', 'C.X'], 7],
  ['a redeclared const of another type', ['const a=1', 'const a="s"', 'a.length'], 1],
  ['a redeclared class', ['class K{x=1}', 'class K{y=2}', 'new K().y'], 2],
  ['a redeclared interface', ['interface I{a:number}', 'interface I{b:string}', 'const i:I={b:"q"}; i'], { b: 'q' }],
  ['a redeclared type', ['type T=number', 'type T=string', 'const t:T="z"; t'], 'z'],
  ['a const that is redeclared twice', ['const a=1', 'const a=[1,2].map(x=>x+1)', 'a'], [2, 3]],
  ['generics', ['function id<T extends object>(x:T):T{return x} type Box<T>={v:T}', 'const b:Box<number>=id({v:1}); b.v'], 1],
  ['import type', ['import type {Stats} from "fs"; let st:Stats|undefined', 'st=undefined; const q=(s:Stats)=>s.size; typeof q'], 'function'],
  ['an import that a later cell uses', ['import * as fs from "fs"', 'fs.existsSync("/")'], true],
  ['destructuring declarations', ['const {p,...rest}={p:1,q:2}; let [u,w=9]=[3]', '[p,rest,u,w]'], [1, { q: 2 }, 3, 9]],
  ['destructuring assignments', ['let aa=1,bb=2; const get=()=>[aa,bb]', '[aa,bb]=[bb,aa]; get()', '({aa,bb}={aa:7,bb:8}); get()'], [7, 8]],
  ['an array assignment pattern', ['let aa=1,bb=2; const get=()=>[aa,bb]', '[aa,bb]=[bb,aa]; get()'], [2, 1]],
  ['a shorthand property', ['const sh=4', '({sh})'], { sh: 4 }],
  ['names of arrow functions', ['const fnn=()=>1', 'fnn.name'], 'fnn'],
  ['shadowed names stay local', ['const z=1; function ff(z:number){ return z+1 } const g=()=>{ const z=5; return z }; for(let z=0;z<1;z++){}', '[ff(10),g(),z]'], [11, 5, 1]],
  ['hoisted functions', ['hh(); function hh(){return 5}', 'hh()'], 5],
  ['a redefined helper is seen by its old callers', ['function helper(){return "old"}', 'function main(){return helper()}', 'function helper(){return "new"}', 'main()'], 'new'],
  ['an old caller sees the new value of another type', ['const hv=1; const user=()=>hv', 'const hv="s"', 'user()'], 's'],
  ['import() of an ES module', ['const m=await import("esmo"); m.g(4)'], 12],
  ['the newest library: toSorted', ['[1,3,2].toSorted().at(-1)'], 3],
  ['the newest library: Object.groupBy', ['Object.keys(Object.groupBy([1,2],x=>x%2?"o":"e"))'], ['o', 'e']],
  ['the newest library: union of sets', ['new Set([1]).union(new Set([2])).size'], 2],
  ['a function that returns a local interface', ['function mk(){ interface L{z:number}; const l:L={z:1}; return l }', 'mk().z'], 1],
  ['overloads', ['function ov(a:number):number; function ov(a:string):string; function ov(a:any){return a}', 'ov("x").length'], 1],
  ['namespaces', ['namespace N { export const a=1 }', 'N.a'], 1],
  ['private members', ['class P{ #x=1; get x(){return this.#x} static make(){return new P()} }', 'P.make().x'], 1],
  ['parameter properties', ['class Q{ constructor(public a:number){} }', 'new Q(4).a'], 4],
  ['extends across cells', ['abstract class B0{ abstract f():number }', 'class D0 extends B0{ f(){return 3} }', '(new D0() as B0).f()'], 3],
  ['a plain call has no this', ['function th(this:any){return this===undefined}', 'th()'], true],
  ['literal types widen', ['const five=5', 'let w5=five; w5=6; w5'], 6],
  ['unique symbols', ['const ks=Symbol("k"); const ob={[ks]:1}', 'ob[ks]'], 1],
  ['declare global', ['declare global { interface Array<T>{ zz():T } } (Array.prototype as any).zz=function(){return this[0]};', '[9].zz()'], 9],
  ['export in a cell', ['export const ex=1; export function exf(){return ex}', 'exf()'], 1],
  ['var shared, its loop variable not', ['var sum=0; for (var ii=0;ii<3;ii++) sum+=ii;', 'sum'], 3],
  ['a class that makes an instance of itself while it is defined', ['class S { static one = new S(); n = 2 }', 'S.one.n'], 2],
  ['a namespace that names itself', ['namespace M { export const a = 1; export const b = M.a + 1 }', 'M.b'], 2],
  ['a var in a block of the same name', ['var vb = 1; if (vb) { var vb = 2 }', 'vb'], 2],
  ['a var in a loop of the same name', ['var vl = 1; for (var vl = 5; vl < 7; vl++) {}', 'vl'], 7],
  ['a name with a dollar', ['const $a = 1; const $import = 2', '$a + $import'], 3],
  ['an import alias of a namespace member', ['namespace O { export namespace I { export const x = 4 } }', 'import A = O.I; A.x'], 4],
  ['a relative TypeScript module', ['import { help } from "./helper"', 'help(1)'], 2],
  ['a module of Node that is seldom used', ['import { createSocket } from "node:dgram"; typeof createSocket("udp4").close'], 'function'],
  ['the types of fetch', ['const asked: Request = new Request("http://x.y"); asked.headers.get("a")'], null],
  ['optional calls', ['const maybe: (() => number) | undefined = (() => 3) as any', 'maybe?.()'], 3],
  ['tagged templates', ['const tag = (s: TemplateStringsArray, ...v: number[]) => s.join("|") + v.join()', 'tag`a${1}b`'], 'a|b1'],
  ['a function expression that names itself', ['const g = function g(n: number): number { return n ? g(n - 1) : 7 }', 'g(3)'], 7],
  ['declare describes a global', ['(globalThis as any).elsewhere = 6; declare const elsewhere: number;', 'elsewhere'], 6],
  ['a cell that ends in a comment', ['const last = 1 // the end', 'last // of it'], 1],
  ['the value of a promise at the end', ['Promise.resolve(8)'], 8]
];

describe('CellCompiler', () => {
  it.each(RULES)('%s', async (_rule, cells, value) => {
    const outcome = await shared.runAll(cells);
    expect(outcome, inspect(outcome, { depth: 4 })).toHaveProperty('value');
    expect((outcome as { value: unknown }).value).toEqual(value);
  });

  it.each([
    ['a wrong type in an assignment of a later cell', ['let n=1', 'n="x"'], /TS2322/],
    ['an assignment to a constant', ['const k=1', 'k=2'], /TS2588 Cannot assign to 'k' because it is a constant/],
    ['a possibly undefined value', ['const m=new Map<string,number>(); m.get("a").toFixed()'], /TS2532/],
    ['a misspelled name', ['cosole.log(1)'], /Did you mean 'console'/],
    ['a loop variable of an earlier cell', ['for (var ii=0;ii<3;ii++);', 'ii'], /TS2304/],
    ['an expression that is not finished', ['const x ='], /^1:10 TS1109/],
    ['a block that is not closed', ['function f() {'], /TS1005/],
    ['a comment that is not closed', ['1 /* x'], /TS1010/],
    ['a re-export', ['export * from "node:fs"'], /cannot re-export/]
  ] as const)('refuses %s', async (_what, cells, message) => {
    const outcome = await shared.runAll(cells);
    expect(outcome).toHaveProperty('refused');
    expect((outcome as { refused: readonly string[] }).refused[0]).toMatch(message);
  });

  it('names types of earlier cells without the module they live in', async () => {
    const outcome = await new Notebook().runAll(['interface Size { cpu: number }', 'const s: Size = { cpu: "x" }; const t: Size = 1']);
    expect(JSON.stringify(outcome)).not.toContain('__vcp');
  });

  it('keeps the declarations of a refused cell out of the notebook', async () => {
    const notebook = new Notebook();
    await notebook.run('const a = 1');
    await notebook.run('const a: string = 5');
    expect(await notebook.run('a + 1')).toEqual({ value: 2 });
  });

  it('sees a package that was installed after a cell failed for want of it', async () => {
    const notebook = new Notebook();
    expect(await notebook.run('import { h } from "./later"')).toHaveProperty('refused');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(`${fixture.cwd}/later.ts`, 'export const h = 5;');
    expect(await notebook.run('import { h } from "./later"; h')).toEqual({ value: 5 });
  });

  it.each([
    ['as a statement', 'vc.unit.create("a"); 1'],
    ['as the last expression', 'vc.unit.create("a")'],
    ['in a function', 'async function f() { vc.unit.create("a"); }'],
    ['behind a condition', 'true && vc.unit.create("a"); 1'],
    ['with a continuation', 'vc.unit.create("a").then((u) => u.name); 1'],
    ['many at once', '["a"].map((name) => vc.unit.create(name)); 1']
  ])('refuses a call of the SDK that nobody awaits: %s', async (_where, code) => {
    const outcome = await shared.run(code);
    expect(JSON.stringify(outcome)).toMatch(/not awaited/);
  });

  it.each(['await vc.list()', 'const p = vc.unit.create("a")', 'void vc.list()', 'const f = () => vc.list()', 'await Promise.all(["a"].map((n) => vc.unit.create(n)))', 'Promise.resolve(1)'])(
    'accepts %s',
    (code) => {
      expect(shared.compiler.compile(code, true).kind).toBe('compiled');
    }
  );

  it.each([
    ['const plain = [1, 2].map((x) => x * 2); plain.length', true],
    ['console.log("x")', true],
    ['process.version', false],
    ['const wrong: string = 1', false],
    ['import { f } from "expo"; f(1)', false]
  ])('compiles %s before the whole environment is read: %s', (code, isEarly) => {
    const compiler = new CellCompiler(fixture.cwd, fixture.typesDir);
    compiler.warmUpFirst();
    const first = compiler.compile(code, true);
    expect(compiler.isWarm).toBe(!isEarly);
    compiler.warmUp();
    expect(first.kind).toBe(compiler.compile(code, true).kind);
  });

  it('keeps in the whole environment what cells declared before it was read', () => {
    const compiler = new CellCompiler(fixture.cwd, fixture.typesDir);
    compiler.warmUpFirst();
    expect(compiler.compile('interface Early { n: number } const early: Early = { n: 1 }', true).kind).toBe('compiled');
    expect(compiler.compile('const version: string = process.version + early.n', true).kind).toBe('compiled');
    expect(compiler.compile('const no: string = early.n', true).kind).toBe('refused');
  });

  it('costs the same after many cells', () => {
    const { compiler } = new Notebook();
    const time = (code: string): number => {
      const start = performance.now();
      const result = compiler.compile(code, true);
      expect(result.kind).toBe('compiled');
      return performance.now() - start;
    };
    for (let i = 0; i < 300; i++) time(`const a${i}={x:${i},s:"a"}; function f${i}(v:number){return v+a${i}.x} interface I${i}{a:number;b${i}:string}`);
    const times = Array.from({ length: 21 }, (_, i) => time(`a${i}.x + ${i}`)).sort((a, b) => a - b);
    expect(times[10]).toBeLessThan(15);
  });
});
