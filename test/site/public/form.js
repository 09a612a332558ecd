const form = document.querySelector('#supplier');
const remarks = document.querySelector('#remarks');
form.addEventListener('submit', () => {
  form.elements.remarks.value = remarks.innerText;
});
form.addEventListener('reset', () => {
  remarks.textContent = '';
});
form.elements.priority.addEventListener('input', (event) => {
  document.querySelector('#priority-value').textContent = event.target.value;
});

// The combobox: type to filter, arrow keys and Enter or a click to choose.
const carriers = ['Arrow Freight', 'Blue Van', 'Cargo Bikes', 'DayNight', 'Eastern Rail', 'Falcon Air'];
const carrier = document.querySelector('#carrier');
const list = document.querySelector('#carriers');
let active = -1;

function closeList() {
  list.hidden = true;
  carrier.setAttribute('aria-expanded', 'false');
  carrier.removeAttribute('aria-activedescendant');
  active = -1;
}

function chooseCarrier(name) {
  carrier.value = name;
  closeList();
}

function showCarriers() {
  const wanted = carrier.value.toLowerCase();
  const options = carriers
    .filter((name) => name.toLowerCase().includes(wanted))
    .map((name, index) => {
      const option = document.createElement('li');
      option.setAttribute('role', 'option');
      option.id = `carrier-${index}`;
      option.textContent = name;
      option.addEventListener('mousedown', (event) => {
        event.preventDefault();
        chooseCarrier(name);
      });
      return option;
    });
  list.replaceChildren(...options);
  list.hidden = options.length === 0;
  carrier.setAttribute('aria-expanded', String(!list.hidden));
}

function moveActive(step) {
  if (list.hidden) showCarriers();
  const options = [...list.children];
  if (options.length === 0) return;
  active = (active + step + options.length) % options.length;
  for (const [index, option] of options.entries()) {
    option.setAttribute('aria-selected', String(index === active));
  }
  carrier.setAttribute('aria-activedescendant', options[active].id);
}

carrier.addEventListener('input', showCarriers);
carrier.addEventListener('focus', showCarriers);
carrier.addEventListener('blur', closeList);
carrier.addEventListener('keydown', (event) => {
  if (event.key === 'ArrowDown') moveActive(1);
  else if (event.key === 'ArrowUp') moveActive(-1);
  else if (event.key === 'Escape') closeList();
  else if (event.key === 'Enter' && active >= 0) chooseCarrier(list.children[active].textContent);
  else return;
  event.preventDefault();
});

// The date picker: opens in June 2026 whatever today is, so that it looks the same in every run.
const calendar = document.querySelector('#calendar');
let month = new Date(Date.UTC(2026, 5, 1));

function monthButton(text, step) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet';
  button.textContent = text;
  button.addEventListener('click', () => {
    month = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + step, 1));
    drawCalendar();
  });
  return button;
}

function dayButton(day) {
  const date = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), day));
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'day';
  button.textContent = String(day);
  const options = { dateStyle: 'long', timeZone: 'UTC' };
  button.setAttribute('aria-label', date.toLocaleDateString('en-GB', options));
  button.addEventListener('click', () => {
    document.querySelector('#inspection').value = date.toISOString().slice(0, 10);
    calendar.hidden = true;
  });
  return button;
}

function drawCalendar() {
  const title = document.createElement('strong');
  const options = { month: 'long', year: 'numeric', timeZone: 'UTC' };
  title.textContent = month.toLocaleDateString('en-GB', options);
  const days = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 0)).getUTCDate();
  const grid = document.createElement('div');
  grid.className = 'days';
  grid.append(...Array.from({ length: days }, (_, index) => dayButton(index + 1)));
  const head = document.createElement('div');
  head.className = 'month';
  head.append(monthButton('Previous month', -1), title, monthButton('Next month', 1));
  calendar.replaceChildren(head, grid);
}

document.querySelector('#open-calendar').addEventListener('click', () => {
  drawCalendar();
  calendar.hidden = !calendar.hidden;
});
