"""Rules for what names something and is said sign by sign: telephone and card numbers, addresses, versions, models."""

from __future__ import annotations

import re

from xespeech.text.mandarin.numbers import say_digits, say_integer, say_number
from xespeech.text.mandarin.patterns import HAN_LETTER, MEASURE, UNIT
from xespeech.text.rules import Rule, words_of
from xespeech.text.tables import read_pairs

_WEB_SIGNS = read_pairs(__package__, "web_signs.tsv")
_DOMAINS = words_of(__package__, "domain")
_FILES = words_of(__package__, "file")
_CALLED = rf"{words_of(__package__, 'called')}|打(?=\s*\d{{3,5}}(?!\d|\s*[个次份通字]))"
_NUMBERED = words_of(__package__, "numbered")
_LINK = (
    r"(?:号码?|给|到|编号|是|为|填|写|叫|:|：|\s|#|No\.?|「|“|\"|改成|改为|输入|末四位|后四位|尾号|设为|设成|机){0,4}"
)
_MORE = rf"(?!\d|\.\d|\s*(?:{MEASURE}|{UNIT}|[万亿%‰月年日页元]))"
_MODELS = words_of(__package__, "maker")


def _letters(text: str) -> str:
    """Letters with blanks around, digits one by one, signs by name."""
    parts = re.findall(r"[A-Za-z]+|\d|[^A-Za-z\d\s]", text)
    return "".join(
        say_digits(part) if part.isdecimal() else f" {part} " if part.isalpha() else _WEB_SIGNS.get(part, " ")
        for part in parts
    )


def _web_address(match: re.Match[str]) -> str:
    address = re.sub(r"^[a-z]+://", "", match[0], flags=re.IGNORECASE)
    address = re.split(r"[?#]", address)[0].rstrip("/")
    return re.sub(" +", " ", f" {_letters(address)} ")


def _file(match: re.Match[str]) -> str:
    name = re.sub(r"\d+", lambda number: _say_short(number[0]), match["name"])
    return re.sub(r"[_.-]", lambda sign: {"_": "下划线", ".": "点", "-": "杠"}[sign[0]], name) + f"点 {match['end']} "


def _one_by_one(match: re.Match[str], one: str = "一") -> str:
    """Digits of the group ``number`` with what stands around it; X at the end of an identity card stays."""
    before = match.group("before") if "before" in match.re.groupindex else ""
    number = "".join(say_digits(char, one) if char.isdecimal() else "" for char in match["number"])
    country = "加" if match["number"].lstrip("(").startswith("+") else ""
    return before + country + number


def _telephone(match: re.Match[str]) -> str:
    return _one_by_one(match, "幺")


def _version(match: re.Match[str]) -> str:
    return "点".join(map(say_digits, match[0].split(".")))


def _say_short(digits: str) -> str:
    """A number of one or two digits; a longer one digit by digit."""
    return say_digits(digits) if len(digits) > 2 else say_integer(digits)


def _model(match: re.Match[str]) -> str:
    gap = " " if re.search(r"[A-Za-z][\s-]+$", match["name"]) else ""
    return match["name"].rstrip(" -") + gap + _say_short(match["number"])


_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

IDENTIFIERS = (
    Rule(
        "mail and web address",
        rf"(?<![A-Za-z\d@.])(?:(?:https?|ftp)://[^\s{HAN_LETTER},;，。；、()（）《》“”]+|[A-Za-z\d][\w.+-]*@[A-Za-z\d-]+(?:\.[A-Za-z\d-]+)+"
        rf"|(?:[A-Za-z\d-]+\.)+(?:{_DOMAINS})(?![A-Za-z\d-])(?:/[^\s{HAN_LETTER},;，。；、()（）《》“”]*)?)",
        _web_address,
        "发到li@qq.com",
        "发到 li 艾特 qq 点 com ",
        needs=".:@",
    ),
    Rule(
        "file",
        rf"(?P<name>[A-Za-z\d_][\w.-]*)\.(?P<end>{_FILES})(?![A-Za-z\d])",
        _file,
        "打开main.py",
        "打开main点 py ",
        needs=".",
    ),
    Rule("version", r"(?<![\d.])\d+(?:\.\d+){2,}(?!\d)", _version, "3.11.2版", "三点一一点二版"),
    Rule(
        "number plate",
        rf"(?P<before>[{_PROVINCES}][A-Z])[·•\s-]?(?P<number>(?=[A-Z]*\d)[A-Z\d]{{5,6}})(?![A-Za-z\d])",
        lambda match: match["before"] + _letters(match["number"]),
        "京A·12345",
        "京A一二三四五",
    ),
    Rule(
        "numbers that are said by their digits",
        r"(?<![\d.A-Za-z第])(?P<number>666+|233+|520|1314|618|818|211|985)(?![\d.%]|[A-Za-z])"
        r"(?=$|[,，。!！?？~、啊了哈哦呀吧哟哇啦]|快乐|表白|大促|大战|情人节|告白|爱情|高校|院校|大学|工程|晚会|红包|礼物|活动|狂欢)(?<!(?:为|达|约|是|共|有|到|报|于|涨|跌)\d{3})(?<!(?:为|达|约|是|共|有|到|报|于|涨|跌)\d{4})",
        _one_by_one,
        "520快乐",
        "五二零快乐",
        needs="125689",
    ),
    Rule(
        "number to the base of sixteen",
        r"(?<![A-Za-z\d])0[xX](?P<code>[0-9A-Fa-f]{2,16})(?![A-Za-z\d])",
        lambda match: "零 x " + _letters(match["code"].upper()),
        "0x8007",
        "零 x 八零零七",
        needs="0",
    ),
    Rule(
        "year of a model",
        r"(?<!\d)(?P<number>(?:19|20)\d\d)(?=\s?[款版](?!权))",
        _one_by_one,
        "2015款",
        "二零一五款",
        needs="12",
    ),
    Rule(
        "number with digits that are hidden",
        r"(?<![\d.])(?P<number>\d{2,6})(?:\*{2,}|[xX]{3,})(?P<last>\d{2,4})(?!\d)",
        lambda match: f"{say_digits(match['number'], '幺')},{say_digits(match['last'], '幺')}",
        "139****5678",
        "幺三九,五六七八",
    ),
    Rule(
        "lines of a picture",
        r"(?<![\d.A-Za-z])(?P<number>240|360|480|540|720|1080|1440|2160|4320)(?=[pPiI](?![A-Za-z\d]))",
        _one_by_one,
        "1080p",
        "一零八零p",
        needs="123457",
    ),
    Rule(
        "page",
        r"(?<![A-Za-z])[pP]\.\s?(?P<number>\d+)(?![\d.])",
        lambda match: f"第{say_integer(match['number'])}页",
        "p.12",
        "第十二页",
    ),
    Rule(
        "figure, table",
        r"(?P<before>[图表式例])\s?(?P<first>\d{1,2})[-–—](?P<last>\d{1,2})(?![\d.-])",
        lambda match: f"{match['before']}{say_integer(match['first'])}杠{say_integer(match['last'])}",
        "图1-2",
        "图一杠二",
        needs="例图式表",
    ),
    Rule(
        "class of a school",
        r"(?P<before>[初高大]\s?[\d一二三四]|[一二三四五六七八九\d]年级?)\s?[(（](?P<number>\d{1,2})[)）](?=班)",
        lambda match: match["before"] + say_integer(match["number"]),
        "三年级(2)班",
        "三年级二班",
        needs="班",
    ),
    Rule(
        "identity card",
        r"(?<![\d.])(?P<number>\d{17})(?=[Xx](?![A-Za-z]))",
        lambda match: _one_by_one(match) + " ",
        "11010119900101123X",
        "一一零一零一一九九零零一零一一二三 X",
    ),
    Rule(
        "number in groups",
        r"(?<![\d.])(?P<number>\d{4}(?: \d{4}){2,}(?: \d{1,3})?)(?![\d.])",
        _one_by_one,
        "6222 0202 0011 2230",
        "六二二二零二零二零零一一二二三零",
    ),
    Rule(
        "telephone with its country",
        r"(?<![\d.])(?P<number>(?:\(?\+\d{1,3}\)?|(?<!\d )00\d{2})[\s-]*\(?\d{2,4}\)?(?:[\s-]*\d{2,4}){1,4})(?![\d.])",
        _telephone,
        "+86 138 1234 5678",
        "加八六幺三八幺二三四五六七八",
        needs="+0",
    ),
    Rule(
        "mobile telephone",
        rf"(?<![\d.=<>≤≥≈±+$€£¥第])(?<!值是)(?P<number>1[3-9]\d(?:\d{{8}}|[\s-]\d{{4}}[\s-]\d{{4}})){_MORE}",
        _telephone,
        "13812345678",
        "幺三八幺二三四五六七八",
        needs="1",
    ),
    Rule(
        "telephone with its area",
        r"(?<![\d.])(?P<number>(?:\(0\d{2,3}\)\s*|0\d{2,3}[\s-])\d{3,4}[\s-]?\d{4}|[48]00[\s-]?\d{3,4}[\s-]\d{3,4})(?![\d.])",
        _telephone,
        "010-12345678",
        "零幺零幺二三四五六七八",
        needs="(0",
    ),
    Rule(
        "telephone that is called",
        rf"(?P<before>(?:{_CALLED}){_LINK})(?P<number>\d{{3,5}}(?:[\s-]?\d{{3,8}})*){_MORE}",
        _telephone,
        "拨打110",
        "拨打幺幺零",
    ),
    Rule(
        "emergency and service telephone",
        r"(?<![\d.])(?P<number>110|119|120|122|12306|123(?:15|45|20|33|48|58|95)|100(?:86|00|10|01)|955\d\d)(?=热线|电话|客服|急救|火警|报警|报案|平台|接线|服务|网站|来了|出警)",
        _telephone,
        "120急救",
        "幺二零急救",
        needs="19",
    ),
    Rule(
        "telephone that everybody knows",
        rf"(?<![\d.])(?P<number>12306|123(?:15|20|33|48|58)|100(?:86|10)|9[56]\d{{3}}){_MORE}(?!\s*[{HAN_LETTER}]{{0,2}}(?:人|次|票|分))",
        _telephone,
        "12306",
        "幺二三零六",
        needs="19",
    ),
    Rule(
        "number of a card or a thing",
        rf"(?P<before>(?:{_NUMBERED}){_LINK})(?P<number>\d{{3,}}(?:[\s-]\d+)*|0\d+){_MORE}",
        _one_by_one,
        "邮编100084",
        "邮编一零零零八四",
    ),
    Rule(
        "number with hyphens",
        r"(?<![\d.])(?P<number>\d{2,}(?:-\d+){2,}|\d{1,2}-\d{1,2}-\d{3,4})(?![\d.])",
        _one_by_one,
        "123-456-7890",
        "一二三四五六七八九零",
    ),
    Rule(
        "long number",
        rf"(?<![\d.])(?P<number>\d{{17,}}|\d{{14,16}}(?!\s*(?:{MEASURE}|{UNIT}|[元万亿%]))|0\d+)(?![\d.]|\s*[%])",
        _one_by_one,
        "007",
        "零零七",
    ),
    Rule(
        "room",
        r"(?<![\d.])(?P<number>\d{3,4})(?=号?(?:室|房(?!间数)|教室|宿舍|办公室|包厢|包间|会议室|病房|寝室|房间|展位|储物柜)|次列车)",
        _one_by_one,
        "302室",
        "三零二室",
    ),
    Rule(
        "room behind its house",
        r"(?P<before>(?:单元|号楼|(?<=\d)楼|(?<=[一二三四五六七八九十])楼|[A-Za-z]座|[A-Za-z]栋|号院|幢|层|大厦)\s*)(?P<number>\d{3,4})(?![\d.]|\s*[元个米年名人户家套㎡])",
        _one_by_one,
        "2单元501",
        "二单元五零一",
        needs="单号大层幢座栋楼",
    ),
    Rule(
        "building, unit, floor",
        r"(?<![\d.第])2(?=(?:号楼|号院|单元|号线|号门|号机)|[栋幢座层]\s*(?:\d{3,4}|[一二三四五六七八九十\d]+(?:单元|室|号)))",
        "二",
        "2栋3单元",
        "二栋三单元",
        needs="2",
    ),
    Rule(
        "line, road, flight",
        r"(?<![\d.])(?P<number>[1-9]\d{2})(?=路(?:公交|车|电车|巴士|公共)?(?!人)|国道|省道|医院|高校|工程(?!师)|工作制|事件|晚会|大促|客机|航班|团|所|寝|班(?![级长组]))",
        _one_by_one,
        "108国道",
        "一零八国道",
        needs="123456789",
    ),
    Rule(
        "model behind its maker",
        rf"(?P<name>{_MODELS})\s?(?P<number>\d{{3,4}})(?![\d.]|\s*(?:{MEASURE}|[元万亿年多]))",
        _model,
        "波音737",
        "波音七三七",
    ),
    Rule(
        "one against one",
        r"(?<![A-Za-z\d.])(\d+)\s*[vV]([sS]\.?)?\s*(\d+)(?![\d.])",
        lambda match: say_number(match[1]) + (" V " if not match[2] else "对") + say_number(match[3]),
        "1v1对战",
        "一 V 一对战",
    ),
    Rule(
        "against",
        r"\s*(?<![A-Za-z])(?:vs\.?|VS\.?|Vs\.?)(?![A-Za-z])\s*",
        "对",
        "中国vs日本",
        "中国对日本",
        needs="",
    ),
    Rule(
        "weapon, ship, rocket",
        r"(?P<name>碳|铀|钴|锶|铯|碘|氦|钚|钾|锂|歼|运|直|轰|强|东风|长征|嫦娥|神舟|天宫|天问|红旗|米格|图|苏|安|伊尔|鹰击|霹雳|枭龙|翼龙|彩虹|巨浪|空警)-(?P<number>\d{1,3})(?!\d)",
        _model,
        "歼-20",
        "歼二十",
    ),
    Rule(
        "from one to another",
        r"(?<![A-Za-z\d])([BCDFGMOP])2([BCDFGMOP])(?![A-Za-z\d])",
        r"\1 to \2",
        "B2B平台",
        "B to B平台",
        needs="2",
    ),
    Rule(
        "masks",
        r"(?<![A-Za-z\d])(?P<name>KN?|N)(?P<number>9[059])(?!\d)",
        lambda match: match["name"] + say_digits(match["number"]),
        "N95口罩",
        "N九五口罩",
        needs="9",
    ),
    Rule(
        "petrol",
        r"(?<![\d.])(?P<number>89|9[0258])(?=号(?:汽油|油|柴油))",
        _one_by_one,
        "95号汽油",
        "九五号汽油",
        needs="号",
    ),
    Rule(
        "less than a letter",
        r"(?<![A-Za-z\d])(?P<letter>[ijkmnxyz])[-−](?=\d(?![\d.]))",
        r"\g<letter>减",
        "n-1",
        "n减一",
    ),
    Rule(
        "model of letters and digits",
        r"(?P<name>(?<![A-Za-z\d])(?!(?:US|HK|NT|RMB|CNY|USD|EUR|GBP|JPY|HKD|KRW|TOP|Top|top|No|NO|no|RM|Rp)(?![A-Za-z]))[A-Za-z]+\s?-?)"
        r"(?P<number>\d+)(?:-(?P<more>\d{3,}))?(?![\d.:%]|\s*[元%℃°])",
        lambda match: (
            None
            if " " in match["name"] and (len(match["number"]) < 3 or _counts(match))
            else _model(match) + say_digits(match["more"] or "")
        ),
        "GPT-4",
        "GPT 四",
    ),
    Rule(
        "number behind a letter and a point",
        r"(?<![A-Za-z\d])(?P<letter>[A-Z])\.(?P<number>\d{2,4})(?![\d.])",
        lambda match: f"{match['letter']} 点{say_digits(match['number'])}",
        "H.264编码",
        "H 点二六四编码",
    ),
    Rule(
        "decimal behind letters",
        r"(?<=[A-Za-z])\s?-?(?P<number>\d+\.\d+)(?![\d.])",
        lambda match: " " + say_number(match["number"]),
        "PM2.5",
        "PM 二点五",
    ),
)


def _counts(match: re.Match[str]) -> bool:
    """Whether what follows a number is counted: RAM 128个."""
    return bool(re.match(rf"\s*(?:{MEASURE}|{UNIT}|[万亿元多余+])", match.string[match.end() :]))
