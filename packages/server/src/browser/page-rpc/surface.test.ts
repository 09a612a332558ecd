import { expect, it } from 'vitest';
import { type ClassName, memberOf, surface } from './surface.ts';

const dangerous =
  /^(path|saveAs|route|unroute|exposeBinding|exposeFunction|addInitScript|addScriptTag|newCDPSession|request|tracing|cookies|storageState|dir|recordVideo)$/;

it('names nothing that reaches files, requests, bindings or the debugger', () => {
  for (const members of Object.values(surface)) {
    for (const [name, member] of Object.entries(members)) {
      expect(name).not.toMatch(dangerous);
      for (const option of member.options) expect(option).not.toMatch(dangerous);
    }
  }
});

it('knows no inherited names', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'route']) {
    expect(() => memberOf('Page', name)).toThrow(`Page has no ${name} here.`);
  }
});

it('leads from every chain to a class of the surface', () => {
  const classes = Object.keys(surface) as ClassName[];
  for (const members of Object.values(surface)) {
    for (const member of Object.values(members)) {
      expect(member.result !== null).toBe(member.kind === 'chain');
      if (member.result !== null) expect(classes).toContain(member.result);
    }
  }
});
