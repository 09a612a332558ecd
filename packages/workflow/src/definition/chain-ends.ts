/** Answers where a chain of labels ends, while links are being added; nearly constant time each (union-find). */
export interface ChainEnds {
  /** Continues the chain that ends at `from` with `to`. A second link, or one that would close a circle, is ignored. */
  link(from: string, to: string): void;
  /** The last label of the chain that goes through this one: itself when nothing follows. */
  endOf(label: string): string;
}

export function chainEnds(): ChainEnds {
  const onward = new Map<string, string>();

  function endOf(label: string): string {
    let end = label;
    for (let next = onward.get(end); next !== undefined; next = onward.get(end)) {
      end = next;
    }
    let at = label;
    while (at !== end) {
      const next = onward.get(at) ?? end;
      onward.set(at, end);
      at = next;
    }
    return end;
  }

  return {
    link(from, to) {
      if (!onward.has(from) && endOf(to) !== from) {
        onward.set(from, to);
      }
    },
    endOf,
  };
}
