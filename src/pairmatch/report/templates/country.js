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
  each(document.querySelectorAll('[data-set-lang]'), function (button) {
    button.addEventListener('click', function () {
      setLanguage(button.getAttribute('data-set-lang'));
    });
  });
  document.getElementById('print').addEventListener('click', function () { window.print(); });
})();
