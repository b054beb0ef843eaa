(function () {
  'use strict';
  var root = document.documentElement;

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

  // Steps are whole numbers, so that sums are exact; points are written from their digits.
  function showPoints(steps, scale) {
    var places = String(scale).length - 1;
    var digits = String(Math.abs(steps));
    while (digits.length <= places) { digits = '0' + digits; }
    var whole = digits.slice(0, digits.length - places);
    var rest = places ? '.' + digits.slice(digits.length - places) : '';
    return (steps < 0 ? '−' : steps > 0 ? '+' : '') + whole + rest;
  }

  // A gain that is not known makes the sum unknown: it is no zero.
  function addGains(boxes, name, scale) {
    var total = 0;
    var known = boxes.every(function (box) {
      total += Number(box.getAttribute(name));
      return box.getAttribute(name) !== '';
    });
    return known ? showPoints(total, scale) : '—';
  }

  function select(node) {
    var range = document.createRange();
    range.selectNodeContents(node);
    var selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  each(document.querySelectorAll('section.difference'), function (section) {
    var command = section.querySelector('.command');
    if (!command) { return; }
    var boxes = [].slice.call(section.querySelectorAll('input[data-option]'));
    var line = command.querySelector('.line');
    var copied = command.querySelector('.copied');

    function write() {
      var ticked = boxes.filter(function (box) { return box.checked; });
      line.textContent = [command.getAttribute('data-command')].concat(
        ticked.map(function (box) { return box.getAttribute('data-option'); })
      ).join(' ');
      command.querySelector('.count-ticked').textContent = String(ticked.length);
      ['before', 'after'].forEach(function (name) {
        command.querySelector('.sum-' + name).textContent =
          addGains(ticked, 'data-' + name, Number(command.getAttribute('data-' + name + '-scale')));
      });
      copied.hidden = true;
    }

    each(section.querySelectorAll('.tick, .copy, .sums'), function (node) { node.hidden = false; });
    boxes.forEach(function (box) { box.addEventListener('change', write); });
    command.querySelector('.copy').addEventListener('click', function () {
      select(line);
      copied.hidden = !document.execCommand('copy');
    });
    write();
  });

  document.querySelector('.tools').hidden = false;
  each(document.querySelectorAll('[data-set-lang]'), function (button) {
    button.addEventListener('click', function () {
      setLanguage(button.getAttribute('data-set-lang'));
    });
  });
  document.getElementById('print').addEventListener('click', function () { window.print(); });
}());
