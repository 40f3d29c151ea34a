"""The reactions there are. A key once given is never given another meaning."""

from __future__ import annotations

EMOJI = {
    "thumbs_up": ("👍", "赞"),
    "ok": ("👌", "好的"),
    "received": ("📥", "收到"),
    "check": ("✅", "完成"),
    "heart": ("❤️", "爱心"),
    "clap": ("👏", "鼓掌"),
    "salute": ("🫡", "敬礼"),
    "pray": ("🙏", "感谢"),
    "muscle": ("💪", "加油"),
    "fire": ("🔥", "火"),
    "party": ("🎉", "庆祝"),
    "rose": ("🌹", "玫瑰"),
    "eyes": ("👀", "关注"),
    "laugh": ("😄", "笑"),
    "cry": ("😢", "难过"),
    "surprised": ("😮", "惊讶"),
    "thinking": ("🤔", "思考"),
    "sorry": ("🙇", "抱歉"),
    "strong_wind": ("🌀", "台风"),
    "hundred": ("💯", "满分"),
}
