"""Mandarin words whose last syllable is spoken without a tone although dictionaries of characters give it one."""

from __future__ import annotations

from xespeech.text.characters import word_set

_WORDS = word_set(
    "妈妈 爸爸 哥哥 姐姐 弟弟 妹妹 爷爷 奶奶 姥姥 叔叔 伯伯 舅舅 姑姑 宝宝 娃娃 星星 猩猩 太太 公公 婆婆 谢谢 小姐 "
    "先生 学生 朋友 兄弟 丈夫 妻子 媳妇 亲戚 客人 姑娘 闺女 伙计 师傅 护士 和尚 老婆 大夫 东西 明白 意思 时候 衣服 "
    "眼睛 知道 认识 知识 关系 漂亮 便宜 消息 告诉 清楚 喜欢 舒服 事情 太阳 月亮 窗户 钥匙 麻烦 打算 休息 商量 豆腐 "
    "葡萄 玻璃 糊涂 头发 耳朵 嘴巴 胳膊 眉毛 脑袋 咳嗽 力气 脾气 客气 福气 运气 名字 地方 学问 困难 热闹 聪明 老实 "
    "厉害 主意 干净 凉快 暖和 蘑菇 黄瓜 西瓜 买卖 生意 故事 笑话 见识 精神 行李 收拾 打听 打扮 招呼 答应 吩咐 琢磨 "
    "点心 算盘 苍蝇 骆驼 牲口 规矩 官司 衙门 队伍 棉花 高粱 庄稼 粮食 柴火 灯笼 风筝 喇叭 琵琶 枇杷 玫瑰 芝麻 抽屉 "
    "岁数 模糊 含糊 迷糊 马虎 窝囊 别扭 结实 扎实 踏实 实在 自在 痛快 勤快 爽快 利索 利落 委屈 冤枉 巴结 将就 凑合 "
    "张罗 应酬 称呼 比方 打量 端详 拨弄 摆弄 糟蹋 耽误 惦记 体面 体谅 抬举 动静 分寸 火候 交情 口袋 喉咙 指甲 肩膀 "
    "屁股 早上 晚上 身上 桌上 地上 路上 世上 脸上 手上 头上 车上 天上 街上 墙上 床上 家里 心里 手里 水里 屋里 城里 "
    "村里 夜里 眼里 嘴里 这里 那里 哪里 怀里 院里 店里 车里 相声 扫帚 簸箕 膏药 疙瘩 色子 唠叨 嘀咕 嘟囔 哆嗦"
)
_REDUPLICATED_VERBS = frozenset("看听想试走聊等坐说问尝写读玩跑歇帮谈猜找")

# A third tone rises before a neutral tone that was a third tone in these; in 姐姐 and the like it does not.
_RISING = word_set("小姐 哪里 手里 水里 想想 走走 等等 写写 跑跑 找找")


def neutralize(word: str, tones: list[str]) -> list[str]:
    """Tones of the characters of a word ("1" to "5") with its last syllable neutral where the language has it so."""
    ending = word[-2:]
    is_verb = len(word) == 2 and word[0] == word[1] and word[0] in _REDUPLICATED_VERBS
    if len(word) < 2 or not (ending in _WORDS or is_verb):
        return tones
    rising = ["2"] if ending in _RISING else [tones[-2]]
    return [*tones[:-2], *rising, "5"]
