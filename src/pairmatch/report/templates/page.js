(function () {
  'use strict';
  var root = document.documentElement;
  var rows = [].slice.call(document.querySelectorAll('#list tbody tr'));
  var cards = [].slice.call(document.querySelectorAll('details.card'));
  var search = document.getElementById('search');
  var county = document.getElementById('county');

  function setLanguage(lang) {
    root.setAttribute('data-lang', lang);
    root.lang = lang === 'zh' ? 'zh-CN' : 'en';
    [].forEach.call(document.querySelectorAll('[data-zh]'), function (node) {
      node.textContent = node.getAttribute('data-' + lang);
    });
    [].forEach.call(document.querySelectorAll('[data-set-lang]'), function (button) {
      button.setAttribute('aria-pressed', String(button.getAttribute('data-set-lang') === lang));
    });
  }

  // Full-width and half-width forms, upper and lower case are the same word.
  function fold(text) {
    return text.normalize('NFKC').toLowerCase();
  }

  var texts = rows.map(function (row) { return fold(row.textContent); });
  var cardTexts = cards.map(function (card) {
    return fold(card.querySelector('summary').textContent);
  });

  function filterPairs() {
    var words = fold(search.value).split(/\s+/).filter(Boolean);
    var only = county ? county.value : '';
    function fits(node, text) {
      return (!only || node.getAttribute('data-c') === only) &&
        words.every(function (word) { return text.indexOf(word) >= 0; });
    }
    var shown = 0;
    rows.forEach(function (row, k) {
      row.hidden = !fits(row, texts[k]);
      shown += row.hidden ? 0 : 1;
    });
    cards.forEach(function (card, k) { card.hidden = !fits(card, cardTexts[k]); });
    document.getElementById('shown').textContent = String(shown);
    document.getElementById('no-match').hidden = shown > 0;
  }

  function readKey(row, column, numeric) {
    var cell = row.cells[column];
    if (!numeric) { return cell.textContent.trim(); }
    return cell.hasAttribute('data-k') ? Number(cell.getAttribute('data-k')) : Infinity;
  }

  function sortPairs(head) {
    var column = head.cellIndex;
    var numeric = head.hasAttribute('data-num');
    var down = head.getAttribute('aria-sort') === 'ascending';
    var keyed = rows.map(function (row, k) { return [readKey(row, column, numeric), k, row]; });
    keyed.sort(function (a, b) {
      var order = numeric ? (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)
        : a[0].localeCompare(b[0], 'zh-CN');
      return (down ? -order : order) || a[1] - b[1];
    });
    [].forEach.call(head.parentNode.cells, function (cell) { cell.removeAttribute('aria-sort'); });
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    var body = document.querySelector('#list tbody');
    keyed.forEach(function (item) { body.appendChild(item[2]); });
  }

  function openTarget() {
    var card = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    if (card && card.tagName === 'DETAILS') {
      card.hidden = false;
      card.setAttribute('open', '');
      card.scrollIntoView();
    }
  }

  [].forEach.call(document.querySelectorAll('[data-set-lang]'), function (button) {
    button.addEventListener('click', function () {
      setLanguage(button.getAttribute('data-set-lang'));
    });
  });
  document.getElementById('print').addEventListener('click', function () { window.print(); });
  search.addEventListener('input', filterPairs);
  if (county) { county.addEventListener('change', filterPairs); }
  [].forEach.call(document.querySelectorAll('#list thead button'), function (button) {
    button.addEventListener('click', function () { sortPairs(button.parentNode); });
  });
  document.getElementById('open-all').addEventListener('click', function () {
    var open = this.getAttribute('aria-pressed') !== 'true';
    this.setAttribute('aria-pressed', String(open));
    cards.forEach(function (card) {
      if (open) { card.setAttribute('open', ''); } else { card.removeAttribute('open'); }
    });
  });
  document.getElementById('list').addEventListener('click', function (event) {
    if (event.target.tagName === 'A' && event.target.hash === location.hash) { openTarget(); }
  });
  window.addEventListener('hashchange', openTarget);

  // On paper nothing can be unfolded: print what is folded in the data section, then fold it again.
  var unfolded = [];
  window.addEventListener('beforeprint', function () {
    unfolded = [].filter.call(document.querySelectorAll('#data details'), function (box) {
      return !box.hasAttribute('open');
    });
    unfolded.forEach(function (box) { box.setAttribute('open', ''); });
  });
  window.addEventListener('afterprint', function () {
    unfolded.forEach(function (box) { box.removeAttribute('open'); });
  });

  // Old browsers without <details>: the heading opens and closes it all the same.
  if (!('open' in document.createElement('details'))) {
    root.className = 'no-details';
    [].forEach.call(document.querySelectorAll('summary'), function (head) {
      head.tabIndex = 0;
      function toggle(event) {
        if (event.type === 'keydown' && event.keyCode !== 13 && event.keyCode !== 32) { return; }
        event.preventDefault();
        var box = head.parentNode;
        if (box.hasAttribute('open')) { box.removeAttribute('open'); } else { box.setAttribute('open', ''); }
      }
      head.addEventListener('click', toggle);
      head.addEventListener('keydown', toggle);
    });
  }
  // The browser may have kept what was typed before the page was reloaded.
  filterPairs();
  openTarget();
}());
