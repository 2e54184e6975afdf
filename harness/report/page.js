// SPDX-License-Identifier: MIT
// What the report's page does beyond standing there: a list of its sections, a choice of engines that hides and shows
// them in all charts and tables, tables that sort and copy. Without it the page is whole, too.
'use strict';
(() => {
  const make = (name, text, attributes) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    for (const key in attributes || {}) element.setAttribute(key, attributes[key]);
    return element;
  };
  const all = (selector, from) => [...(from || document).querySelectorAll(selector)];

  // "6.41 M ops/s (6.20-6.50)" as a number. Signs of lower ranks sort last.
  const prefixes = {n: 1e-9, u: 1e-6, 'µ': 1e-6, m: 1e-3, k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12};
  const quantity = text => {
    const found = /^\s*([<>~]?\s*-?[\d.]+(?:e[+-]?\d+)?)\s*([numkKMGTµ](?=\s|[A-Za-z]))?/.exec(text);
    return found ? parseFloat(found[1].replace(/[<>~\s]/g, '')) * (prefixes[found[2]] || 1) : NaN;
  };
  const compare = (a, b) => {
    const x = quantity(a), y = quantity(b);
    if (isNaN(x) && isNaN(y)) return a.localeCompare(b);
    return isNaN(x) ? 1 : isNaN(y) ? -1 : x - y;
  };

  const sortBy = (table, column, button) => {
    const down = button.getAttribute('aria-sort') === 'ascending';
    const rows = all('tbody tr', table);
    rows.sort((a, b) => compare(a.cells[column].textContent, b.cells[column].textContent) * (down ? -1 : 1));
    for (const head of all('th', table)) head.removeAttribute('aria-sort');
    button.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    table.tBodies[0].append(...rows);
  };

  const copy = async (table, button) => {
    const text = all('tr', table).map(row => [...row.cells].map(cell => cell.textContent).join('\t')).join('\n');
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'copied';
    } catch (error) {
      // Where the clipboard is refused the text is selected, for the keyboard.
      getSelection().selectAllChildren(table);
      button.textContent = 'selected: press Ctrl+C';
    }
    setTimeout(() => { button.textContent = 'copy'; }, 2000);
  };

  for (const table of all('table')) {
    all('th', table).forEach((head, column) => {
      const button = make('button', head.textContent, {type: 'button', title: 'sort by this column'});
      button.addEventListener('click', () => sortBy(table, column, head));
      head.replaceChildren(button);
    });
    const button = make('button', 'copy', {type: 'button', class: 'copy', title: 'copy this table, with tabs between'});
    button.addEventListener('click', () => copy(table, button));
    table.parentElement.append(button);
  }

  // On a narrow screen the style cuts a note of the summary to its first line, until it is touched.
  for (const note of matchMedia('(max-width: 40rem)').matches ? all('.first .note') : []) {
    const button = make('button', note.textContent, {type: 'button', 'aria-expanded': 'false'});
    button.addEventListener('click', () =>
      button.setAttribute('aria-expanded', button.getAttribute('aria-expanded') === 'false'));
    note.replaceChildren(button);
  }

  // What leads on stands below what must be seen at once.
  const top = document.querySelector('.first') || document.querySelector('h1');
  const sections = all('h2');
  if (sections.length > 1) {
    const list = make('nav', '', {'aria-label': 'sections'});
    for (const heading of sections) list.append(make('a', heading.textContent, {href: '#' + heading.id}));
    top.after(list);
  }

  // Charts whose series are engines, or runs, name them.
  const drawn = 'svg:is([data-axis=engine], [data-axis=run]) [data-series]';
  const names = [...new Set(all(drawn).map(element => element.dataset.series))];
  if (names.length < 2) return;
  const picker = make('fieldset', '', {class: 'picker'});
  picker.append(make('legend', 'Show'));
  const show = (name, shown) => {
    for (const part of all(drawn))
      if (part.dataset.series === name) part.classList.toggle('hidden', !shown);
    for (const row of all('tbody tr'))
      if (row.cells[0] && row.cells[0].textContent === name) row.classList.toggle('hidden', !shown);
  };
  for (const name of names) {
    const label = make('label'), box = make('input', '', {type: 'checkbox', value: name});
    box.checked = true;
    box.addEventListener('change', () => show(name, box.checked));
    label.append(box, ' ' + name);
    picker.append(label);
  }
  (document.querySelector('nav') || top).after(picker);

  // Where the box sticks to the top, what a link leads to stops below it.
  const leaveRoom = () => {
    const sticks = getComputedStyle(picker).position === 'sticky';
    document.documentElement.style.scrollPaddingTop = sticks ? picker.offsetHeight + 'px' : '';
  };
  addEventListener('resize', leaveRoom);
  leaveRoom();
})();
