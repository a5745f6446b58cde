"""Every sentence of the pages, in Simplified Chinese."""

# ruff: noqa: RUF001 - Chinese has a punctuation of its own

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CHINESE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "foot.label": "关于本服务",
        "foot.legal": "法律信息",
        "foot.support": "获取帮助",
        "new_tab": "（在新标签页中打开）",
        "client.unnamed": "未命名的应用",
        # Sign in
        "sign_in.title": "登录 {brand}",
        "sign_in.purpose": "以继续使用 {client}",
        "sign_in.username": "用户名",
        "sign_in.password": "密码",
        "sign_in.submit": "登录",
        "sign_in.or": "或",
        "sign_in.openid": "使用 {provider} 登录",
        "sign_in.private": "{client} 不会看到您的密码。",
        "sign_in.private_openid": "{client} 不会看到您的登录信息。",
        "problem.fields_missing": "请输入用户名和密码。",
        "problem.wrong_credentials": "用户名或密码不正确，请核对后重试。",
        "problem.too_many_tries": "尝试次数过多。",
        "problem.busy": "当前登录人数较多。",
        "problem.page_expired": "页面打开时间过长，已失效。请重新登录。",
        "problem.provider_failed": "对方服务未能确认您的身份。请重试，或改用其他方式登录。",
        "wait.moment": "请稍后重试。",
        "wait.second": "请等待 {count} 秒后重试。",
        "wait.seconds": "请等待 {count} 秒后重试。",
        "wait.minutes": "请等待 {count} 分钟后重试。",
        # Consent
        "consent.title": "允许 {client} 使用您的 {brand} 账号吗？",
        "consent.account": "当前账号：{account}",
        "consent.sign_out": "不是您本人？退出登录",
        "consent.who": "申请方",
        "consent.client": "应用",
        "consent.client_host": "身份来源",
        "consent.redirect": "完成后返回",
        "consent.verified": "由 {brand} 登记",
        "consent.unverified": "未经 {brand} 核实",
        "consent.own_name": "该名称由应用自行填写，请以下方地址为准。",
        "consent.localhost_title": "授权结果将发送给您这台电脑上的程序。",
        "consent.localhost": "只有在您刚刚亲自启动了该程序并且信任它时，才应允许。",
        "consent.scopes": "该应用将可以：",
        "consent.scopes_hint": "如不想授予某项权限，请取消勾选。",
        "consent.no_scopes": "该应用只会确认您的身份，不申请其他权限。",
        "consent.required": "必需",
        "consent.optional": "可选",
        "consent.write": "会更改数据",
        "consent.deny": "不允许",
        "consent.allow": "允许",
        "consent.careful": "请仅在您本人发起此操作时允许。该应用不会看到您的密码。",
        # Signed out
        "signed_out.title": "您已退出登录",
        "signed_out.text": "您在此浏览器中已退出 {brand}。",
        "close": "您可以关闭此窗口。",
        # Errors
        "error.return": "返回 {host}",
        "error.return_hint": "应用会得知此次操作未成功。",
        "error.reference": "参考编号",
        "error.client_unknown.title": "{brand} 无法识别此应用",
        "error.client_unknown.text": "链接不完整，或该应用已被移除。请回到原来的位置重新连接。",
        "error.client_unreadable.title": "无法确认此应用的身份",
        "error.client_unreadable.text": "该应用在自己的网址上提供说明，但 {brand} 未能读取。请稍后重试。",
        "error.redirect_unregistered.title": "此链接不属于该应用",
        "error.redirect_unregistered.text": (
            "它要求将您转到该应用未登记的地址。为保护您的账号，{brand} 没有向该地址发送任何信息。"
        ),
        "error.request_invalid.title": "无法处理此请求",
        "error.request_invalid.text": (
            "应用发送的内容不符合 {brand} 的要求。请从应用重新开始；如再次出现，请联系应用的开发者。"
        ),
        "error.scope_invalid.title": "应用申请的权限超出范围",
        "error.scope_invalid.text": "它申请的权限不存在，或不允许授予该应用。没有共享任何信息。",
        "error.page_expired.title": "此页面已失效",
        "error.page_expired.text": "页面打开时间过长，或在另一个浏览器中打开。没有共享任何信息。请从应用重新开始。",
        "error.already_answered.title": "您已经作出选择",
        "error.already_answered.text": "您第一次的选择已生效，本次操作不会带来任何改变。",
        "error.cookies_missing.title": "浏览器没有发送 Cookie",
        "error.cookies_missing.text": (
            "Cookie 用于防止他人冒用您的身份登录。请允许本网站使用 Cookie，然后从应用重新开始。"
        ),
        "error.access_denied.title": "您没有授予任何权限",
        "error.access_denied.text": "该应用无法访问您的账号。",
        "error.sign_in_failed.title": "登录未成功",
        "error.sign_in_failed.text": "您所用的登录服务未能确认您的身份。没有共享任何信息。",
        "error.too_many_requests.title": "操作过于频繁",
        "error.too_many_requests.text": "来自此处的请求过多。",
        "error.unavailable.title": "{brand} 暂时繁忙",
        "error.unavailable.text": "没有共享任何信息，也没有丢失任何内容。",
        "error.not_found.title": "页面不存在",
        "error.not_found.text": "链接可能不完整。请回到原来的位置重新开始。",
        "error.internal_error.title": "服务出现问题",
        "error.internal_error.text": (
            "这不是您的操作造成的。请从应用重新开始；如再次出现，请联系我们并提供下方的参考编号。"
        ),
    }
)
