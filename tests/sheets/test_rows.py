import pytest

from nuanxin.sheets.rows import label_of


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("例", "example"), ("例1", "example"), ("示例", "example"), ("样例：", "example"), ("示例，请删除", "example"), ("填写示例", "example"),
        ("合计", "total"), ("合 计", "total"), ("小计：", "total"), ("本页合计", "total"), ("总计（户）", "total"), ("共3户5人", "total"),
        ("填表人：张三", "footer"), ("审核人:", "footer"), ("注：本表一式两份", "footer"), ("备注：", "footer"), ("填表说明", "footer"),
        ("单位负责人（签字）：", "footer"), ("联系电话：0953", "footer"), ("（盖章）", "footer"), ("制表", "footer"),
        ("无", "nil"), ("本季度无困难职工家庭", "nil"), ("本季度无困难职工家庭。", "nil"), ("我单位本季度无困难职工", "nil"), ("零报告", "nil"), ("无上报", "nil"), ("经摸排，本单位暂无困难职工", "nil"),
        ("1", ""), ("01", ""), ("张例", ""), ("李合", ""), ("吴计", ""), ("2022-09-16", ""), ("注册会计师", ""), ("例行维修", ""), ("日常用品", ""), ("没有食堂", ""), ("无障碍通道年久失修", ""), ("无人机配送", ""),
    ],
)  # fmt: skip
def test_labels(text: str, label: str) -> None:
    assert label_of(text) == label
