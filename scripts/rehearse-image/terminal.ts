let steps = 0;

/** Says what is done next. */
export function step(text: string): void {
  steps += 1;
  console.log(
    `${String(steps).padStart(2)}  ${text.length > 150 ? `${text.slice(0, 149)}…` : text}`,
  );
}

/** Says what came of it. */
export function note(text: string): void {
  console.log(`      ${text}`);
}
