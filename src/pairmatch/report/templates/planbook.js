(function () {
  'use strict';
  var root = document.documentElement;
  var cards = [].slice.call(document.querySelectorAll('details.card'));
  var search = document.getElementById('search');
  var county = document.getElementById('county');

  function each(list, act) { [].forEach.call(list, act); }

  function setLanguage(lang) {
    root.setAttribute('data-lang', lang);
    root.lang = lang === 'zh' ? 'zh-CN' : 'en';
    each(document.querySelectorAll('[data-zh]'), function (node) {
      node.textContent = node.getAttribute('data-' + lang);
    });
    each(document.querySelectorAll('[data-set-lang]'), function (button) {
      button.setAttribute('aria-pressed', String(button.getAttribute('data-set-lang') === lang));
    });
  }

  // Full-width and half-width forms, upper and lower case are the same word.
  function fold(text) { return text.normalize('NFKC').toLowerCase(); }

  var texts = cards.map(function (card) {
    return fold(card.querySelector('summary').textContent);
  });

  function filterPlans() {
    var words = fold(search.value).split(/\s+/).filter(Boolean);
    var shown = 0;
    cards.forEach(function (card, k) {
      var fits = (!county.value || card.getAttribute('data-c') === county.value) &&
        words.every(function (word) { return texts[k].indexOf(word) >= 0; });
      card.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    document.getElementById('shown').textContent = String(shown);
    document.getElementById('no-match').hidden = shown > 0;
  }

  function setOpen(card, open) {
    if (open) { card.setAttribute('open', ''); } else { card.removeAttribute('open'); }
  }

  function openTarget() {
    var card = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    if (card && card.tagName === 'DETAILS') {
      card.hidden = false;
      setOpen(card, true);
      card.scrollIntoView();
    }
  }

  each(document.querySelectorAll('[data-set-lang]'), function (button) {
    button.addEventListener('click', function () {
      setLanguage(button.getAttribute('data-set-lang'));
    });
  });
  document.getElementById('print').addEventListener('click', function () { window.print(); });
  search.addEventListener('input', filterPlans);
  county.addEventListener('change', filterPlans);
  document.getElementById('open-all').addEventListener('click', function () {
    var open = this.getAttribute('aria-pressed') !== 'true';
    this.setAttribute('aria-pressed', String(open));
    cards.forEach(function (card) { setOpen(card, open); });
  });
  window.addEventListener('hashchange', openTarget);

  // Old browsers without <details>: the heading opens and closes it all the same.
  if (!('open' in document.createElement('details'))) {
    root.className = 'no-details';
    each(document.querySelectorAll('summary'), function (head) {
      head.tabIndex = 0;
      function toggle(event) {
        if (event.type === 'keydown' && event.keyCode !== 13 && event.keyCode !== 32) { return; }
        event.preventDefault();
        setOpen(head.parentNode, !head.parentNode.hasAttribute('open'));
      }
      head.addEventListener('click', toggle);
      head.addEventListener('keydown', toggle);
    });
  }
  // The browser may have kept what was typed before the page was reloaded.
  filterPlans();
  openTarget();
}());
