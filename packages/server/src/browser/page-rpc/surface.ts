/** The classes that user code can hold. */
export type ClassName =
  | 'Page'
  | 'Frame'
  | 'FrameLocator'
  | 'Locator'
  | 'Keyboard'
  | 'Mouse'
  | 'Context'
  | 'Download'
  | 'Response'
  /** Functions of the code that are no one's methods. */
  | 'Helpers';

/** One member of a class, under its name in Playwright's JavaScript API. Python's names are made from these. */
export interface Member {
  readonly kind: /** Makes another object without asking the browser. */
    | 'chain'
    /** Known without asking: the parent sends it ahead. */
    | 'value'
    /** Searches a known value, in the child. */
    | 'find'
    /** Awaited. */
    | 'action';
  /** Whether an action changes anything, and so is told to `onAction`. */
  readonly acts: boolean;
  /** In the order of JavaScript's arguments; an object of options may follow. */
  readonly params: readonly string[];
  /** Every option that is let through; none of them names a file of this machine. */
  readonly options: readonly string[];
  /** The class that a chain gives. */
  readonly result: ClassName | null;
  /** In which languages it is an attribute, not a method. */
  readonly property: 'both' | 'python' | 'none';
}

type Members = Readonly<Record<string, Member>>;
type Names = readonly string[];

const none = { acts: false, params: [], options: [], result: null, property: 'none' } as const;

const value: Member = { ...none, kind: 'value', property: 'python' };
const askedValue: Member = { ...none, kind: 'value' };

function chain(result: ClassName, params: Names = [], options: Names = []): Member {
  return { ...none, kind: 'chain', result, params, options };
}

function part(result: ClassName, property: 'both' | 'python'): Member {
  return { ...none, kind: 'chain', result, property };
}

function read(params: Names = [], options: Names = []): Member {
  return { ...none, kind: 'action', params, options };
}

function act(params: Names = [], options: Names = []): Member {
  return { ...none, kind: 'action', acts: true, params, options };
}

const timeout = ['timeout'];
const pointer = ['force', 'modifiers', 'noWaitAfter', 'position', 'timeout', 'trial'];
const clicking = [...pointer, 'button', 'clickCount', 'delay'];
const toggling = ['force', 'noWaitAfter', 'position', 'timeout', 'trial'];
const filters = ['has', 'hasNot', 'hasNotText', 'hasText', 'visible'];
const exact = ['exact'];
const image = ['animations', 'caret', 'omitBackground', 'quality', 'scale', 'timeout', 'type'];
const loading = ['timeout', 'waitUntil'];

const roleStates = [
  'checked',
  'disabled',
  'exact',
  'expanded',
  'includeHidden',
  'level',
  'name',
  'pressed',
  'selected',
];

/** Ways to find elements inside a page, a frame, an iframe or another element. */
const finders: Members = {
  frameLocator: chain('FrameLocator', ['selector']),
  getByAltText: chain('Locator', ['text'], exact),
  getByLabel: chain('Locator', ['text'], exact),
  getByPlaceholder: chain('Locator', ['text'], exact),
  getByRole: chain('Locator', ['role'], roleStates),
  getByTestId: chain('Locator', ['testId']),
  getByText: chain('Locator', ['text'], exact),
  getByTitle: chain('Locator', ['text'], exact),
  locator: chain('Locator', ['selector'], filters),
};

/** What is done to one element: on a locator, and by a selector on a page or a frame. */
const elementActions: Members = {
  check: act([], toggling),
  click: act([], clicking),
  dblclick: act([], clicking),
  dispatchEvent: act(['type', 'eventInit'], timeout),
  fill: act(['value'], ['force', 'noWaitAfter', 'timeout']),
  focus: act([], timeout),
  getAttribute: read(['name'], timeout),
  hover: act([], pointer),
  innerHTML: read([], timeout),
  innerText: read([], timeout),
  inputValue: read([], timeout),
  isChecked: read([], timeout),
  isDisabled: read([], timeout),
  isEditable: read([], timeout),
  isEnabled: read([], timeout),
  isHidden: read([], timeout),
  isVisible: read([], timeout),
  press: act(['key'], ['delay', 'noWaitAfter', 'timeout']),
  selectOption: act(['value'], ['force', 'index', 'label', 'noWaitAfter', 'timeout']),
  setChecked: act(['checked'], toggling),
  setInputFiles: act(['files'], ['noWaitAfter', 'timeout']),
  textContent: read([], timeout),
  type: act(['text'], ['delay', 'noWaitAfter', 'timeout']),
  uncheck: act([], toggling),
};

const bySelector: Members = Object.fromEntries(
  Object.entries(elementActions).map(([name, member]) => [
    name,
    {
      ...member,
      params: ['selector', ...member.params],
      options: [...member.options, 'strict'],
    },
  ]),
);

/** What pages and frames share. */
const documents: Members = {
  ...finders,
  ...bySelector,
  content: read(),
  dragAndDrop: act(['source', 'target'], ['force', 'noWaitAfter', 'timeout', 'trial']),
  evaluate: act(['expression', 'arg']),
  goto: act(['url'], ['referer', ...loading]),
  title: read(),
  url: value,
  waitForFunction: read(['expression', 'arg'], ['polling', 'timeout']),
  waitForLoadState: read(['state'], timeout),
  waitForSelector: read(['selector'], ['state', 'strict', 'timeout']),
  waitForTimeout: read(['timeout']),
  waitForURL: read(['url'], loading),
};

const page: Members = {
  ...documents,
  bringToFront: act(),
  close: act(),
  context: part('Context', 'python'),
  frame: { ...none, kind: 'find', params: ['name'], options: ['url'] },
  frames: value,
  goBack: act([], loading),
  goForward: act([], loading),
  isClosed: askedValue,
  keyboard: part('Keyboard', 'both'),
  mainFrame: value,
  mouse: part('Mouse', 'both'),
  reload: act([], loading),
  screenshot: read([], [...image, 'clip', 'fullPage']),
  setViewportSize: act(['viewportSize']),
  viewportSize: value,
  waitForEvent: read(['event'], timeout),
};

const locator: Members = {
  ...finders,
  ...elementActions,
  all: read(),
  allInnerTexts: read(),
  allTextContents: read(),
  and: chain('Locator', ['locator']),
  blur: act([], timeout),
  boundingBox: read([], timeout),
  clear: act([], ['force', 'noWaitAfter', 'timeout']),
  contentFrame: part('FrameLocator', 'python'),
  count: read(),
  dragTo: act(['target'], ['force', 'noWaitAfter', 'timeout', 'trial']),
  evaluate: act(['expression', 'arg'], timeout),
  evaluateAll: act(['expression', 'arg']),
  filter: chain('Locator', [], filters),
  first: part('Locator', 'python'),
  last: part('Locator', 'python'),
  nth: chain('Locator', ['index']),
  or: chain('Locator', ['locator']),
  pressSequentially: act(['text'], ['delay', 'noWaitAfter', 'timeout']),
  screenshot: read([], image),
  scrollIntoViewIfNeeded: act([], timeout),
  selectText: act([], ['force', 'timeout']),
  waitFor: read([], ['state', 'timeout']),
};

/**
 * All that user code can do with a browser, and the only list of it: the child makes its classes from this table, and
 * page-rpc.ts calls nothing that is not in it. Left out on purpose: routes, bindings, init scripts, CDP, tracing,
 * requests of the context, cookies, and every option that is a path on this machine.
 */
export const surface: Readonly<Record<ClassName, Members>> = {
  Page: page,
  Frame: { ...documents, name: value },
  FrameLocator: {
    ...finders,
    first: part('FrameLocator', 'python'),
    last: part('FrameLocator', 'python'),
    nth: chain('FrameLocator', ['index']),
    owner: part('Locator', 'python'),
  },
  Locator: locator,
  Keyboard: {
    down: act(['key']),
    insertText: act(['text']),
    press: act(['key'], ['delay']),
    type: act(['text'], ['delay']),
    up: act(['key']),
  },
  Mouse: {
    click: act(['x', 'y'], ['button', 'clickCount', 'delay']),
    dblclick: act(['x', 'y'], ['button', 'delay']),
    down: act([], ['button', 'clickCount']),
    move: act(['x', 'y'], ['steps']),
    up: act([], ['button', 'clickCount']),
    wheel: act(['deltaX', 'deltaY']),
  },
  Context: { pages: value },
  Download: {
    cancel: act(),
    failure: read(),
    suggestedFilename: value,
    url: value,
  },
  Response: {
    body: read(),
    headers: value,
    json: read(),
    ok: value,
    status: value,
    statusText: value,
    text: read(),
    url: value,
  },
  Helpers: {
    clickAndClaimDownload: act(['target', 'selector'], clicking),
    magicLink: read([], timeout),
    otp: read([], timeout),
    solveCaptcha: read(['page'], timeout),
  },
};

/** The member of that name, or a TypeError that names it. */
export function memberOf(className: ClassName, name: string): Member {
  const members = surface[className];
  const member = Object.hasOwn(members, name) ? members[name] : undefined;
  if (member === undefined) throw new TypeError(`${className} has no ${name} here.`);
  return member;
}
