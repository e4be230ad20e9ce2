//! Comments -> the words that most of them have.
//!
//! Owns: what a word is, in languages with spaces and in Chinese (segmented with jieba's dictionary), and which words say
//! nothing of what a comment is about. Refuses: words of fewer comments than counts are shown of.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use jieba_rs::Jieba;
use serde::Serialize;

/// A word that comments have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Term {
    pub term: String,
    /// How many comments have it, once or more.
    pub comments: usize,
}

/// How many are given.
const MOST: usize = 24;

/// Words with so many letters say something; shorter ones hardly.
const SHORTEST: usize = 3;

/// The words of these comments that at least `least` of them have, most frequent first.
pub fn terms<'a>(texts: impl IntoIterator<Item = &'a str>, least: usize) -> Vec<Term> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for text in texts {
        let words: HashSet<String> = words(text).into_iter().collect();
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut found: Vec<Term> = counts
        .into_iter()
        .filter(|(_, n)| *n >= least.max(2))
        .map(|(term, comments)| Term { term, comments })
        .collect();
    found.sort_unstable_by(|a, b| b.comments.cmp(&a.comments).then_with(|| a.term.cmp(&b.term)));
    found.truncate(MOST);
    found
}

/// The words of a text that say what it is about.
fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for run in text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’' && c != '-') {
        if run.chars().any(is_han) {
            let cut = chinese().cut(run, true).into_iter().map(|token| token.word);
            found.extend(cut.filter(|word| word.chars().count() > 1 && !is_empty(word)).map(str::to_owned));
            continue;
        }
        let word = run.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('’', "'");
        let word = word.strip_suffix("'s").unwrap_or(&word);
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        if letters >= SHORTEST && !is_empty(word) {
            found.push(word.to_owned());
        }
    }
    found
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The dictionary, read when a Chinese comment is first looked at.
fn chinese() -> &'static Jieba {
    static JIEBA: OnceLock<Jieba> = OnceLock::new();
    JIEBA.get_or_init(Jieba::new)
}

/// Whether a word is one of those that any text has.
fn is_empty(word: &str) -> bool {
    static EMPTY: OnceLock<HashSet<&str>> = OnceLock::new();
    EMPTY
        .get_or_init(|| [ENGLISH, GERMAN, FRENCH, SPANISH, CHINESE].iter().flat_map(|list| list.split(' ')).collect())
        .contains(word)
}

const ENGLISH: &str = "one two three four five six seven eight nine ten about above actually after again all almost also although always and another any anything are \
    around away back because been before being both but came can can't come could couldn't did didn't does doesn't doing \
    don't done down each either enough especially even ever every everything few for from further get give given goes going \
    gone got had hadn't has hasn't have haven't having her here him his how however i'd i'll i'm i've if into isn't it it'd \
    it'll it's its itself just last least less let like little lot made make many may maybe me might more most much must my \
    myself need needs never next nobody none nor not nothing now off often once only other others our out over own \
    perhaps put quite rather really said same say see seem several shall she should since some something still such take \
    than that that's the their them then there there's these they they're thing things this those though through time times \
    too took under until upon use used very via want was wasn't way we'd we'll we're we've well went were weren't what \
    when where which while who whole whom whose why will with within without won't would wouldn't yes yet you you're your";
const GERMAN: &str = "aber alle allem allen aller alles als also andere anderen auch auf aus bei beim bin bis bitte dann das \
    dass dem den denn der des die dies diese diesem diesen dieser dieses doch dort durch ein eine einem einen einer eines \
    etwas für ganz gab gar hat hatte hatten haben hier ich ihr ihre ihren immer ins ist jede jeder jedoch kann kein keine \
    keinen man mehr mein meine mich mir mit nach nicht nichts noch nur oder ohne schon sehr seine sich sie sind sowie über \
    uns unser unsere und unter viel viele vom von vor war waren was weil wenn werden wie wieder wir wird wurde wurden zum zur";
const FRENCH: &str = "alors après aucun aussi autre avaient avait avant avec avez avoir avons bien cela ces cet cette chez \
    comme comment dans des deux donc dont elle elles encore est était étaient été être fait faire ils les leur leurs mais \
    même mes moins mon nos notre nous par pas peu peut plus pour quand que quel quelle qui sans ses son sont sur tous tout \
    toute toutes très trop une vos votre vous";
const SPANISH: &str = "algo ante antes aunque bien cada como con contra cuando cual desde donde dos ella ellos entre era \
    eran esa ese eso esta estaba están estar este esto estos fue fueron hace hasta hay las les los más menos mis mucho muy \
    nada nos nosotros otra otro para pero poco por porque puede que quien sea ser sin sobre solo son sus también tan tiene \
    toda todas todo todos tuvimos una uno unos";
const CHINESE: &str = "一个 一些 一样 一次 一点 一直 不是 不会 不能 不要 不过 为了 为什么 之后 之前 也是 了解 什么 今天 他们 以后 以及 \
    以前 任何 但是 你们 再次 出来 其他 其实 其它 别的 到了 到底 即使 又是 只是 只有 只能 可以 可是 可能 各种 各位 同时 因为 因此 在于 \
    大家 太多 如果 如此 它们 对于 就是 已经 希望 应该 总之 总体 怎么 怎样 感觉 我们 所以 所有 才能 时候 时间 是否 曾经 有人 有些 有点 \
    本来 来说 来到 根本 比较 没有 然后 然而 特别 现在 由于 的话 直接 相当 真是 真的 知道 确实 第一 第二 等等 而且 而是 自己 虽然 觉得 \
    认为 让人 许多 过来 还有 还是 这个 这些 这样 这次 这里 进行 那个 那些 那样 那里 都是 里面 问题 需要 非常 十分 最后 不但 不仅 下次 \
    有的 几乎 完全 一定 一般 一起 东西 事情 很多 不同 作为 并且 或者 此外 除了 另外 关于";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_a_comment_is_about() {
        let of = |text: &str| words(text);
        assert_eq!(
            of("The gluten-free breakfast wasn’t bad; our room’s Wi-Fi…"),
            ["gluten-free", "breakfast", "bad", "room", "wi-fi"]
        );
        assert_eq!(of("早餐种类丰富，孩子很喜欢。"), ["早餐", "种类", "丰富", "孩子", "喜欢"]);
        assert_eq!(of("前台 check-in 非常慢"), ["前台", "check-in"]);
        assert_eq!(of("Das Frühstück war sehr gut, aber die Straße ist laut"), ["frühstück", "gut", "straße", "laut"]);
        assert_eq!(of("12 345 -- '' ! 👍"), Vec::<String>::new());
    }

    #[test]
    fn a_word_counts_once_a_comment_and_only_where_enough_have_it() {
        let texts =
            ["breakfast, breakfast, breakfast", "Breakfast and lift", "the lift", "BREAKFAST", "早餐很好", "早餐一般"];
        let found = |least| terms(texts, least).into_iter().map(|term| (term.term, term.comments)).collect::<Vec<_>>();
        let pair = |term: &str, n| (term.to_owned(), n);
        assert_eq!(found(2), [pair("breakfast", 3), pair("lift", 2), pair("早餐", 2)]);
        assert_eq!(found(3), [pair("breakfast", 3)]);
        assert_eq!(found(5), []);
    }
}
