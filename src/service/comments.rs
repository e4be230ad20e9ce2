//! Short comments for the demonstration, by mood and language.

/// Comments in English and Simplified Chinese.
pub struct Comments {
    pub english: &'static [&'static str],
    pub chinese: &'static [&'static str],
}

/// From guests who were pleased.
pub const PLEASED: Comments = Comments {
    english: &[
        "Everything just worked. Thank you.",
        "The receptionist remembered us from last year. That made our arrival.",
        "Best breakfast we have had in a hotel for years.",
        "Very quiet room, slept wonderfully.",
        "Staff went out of their way when our train was late.",
        "Lovely view, comfortable bed, nothing to complain about.",
        "Checking out took less than a minute.",
        "The children want to come back tomorrow.",
        "Clean, calm and friendly. What more does one need?",
        "Great location and a really helpful concierge.",
        "The room was exactly as it looked in the pictures.",
        "We came for one night and stayed for three.",
        "The gluten-free options at breakfast were excellent.",
        "Good desk and fast Wi-Fi, ideal for work.",
    ],
    chinese: &[
        "前台非常热情，入住很快。",
        "房间安静，睡得很好。",
        "早餐种类丰富，孩子很喜欢。",
        "位置方便，下次还会来。",
        "服务周到，有宾至如归的感觉。",
        "房间干净整洁，性价比很高。",
        "行李晚到，员工主动帮忙联系，十分感谢。",
    ],
};

/// From guests in between.
pub const MIXED: Comments = Comments {
    english: &[
        "Nice hotel, but breakfast was crowded after nine.",
        "Good room. The bathroom could do with a renovation.",
        "Friendly staff, slow lift.",
        "All fine, though a bit expensive for what it is.",
        "Wi-Fi dropped a few times in the evening.",
        "The room was smaller than I had expected.",
        "Parking was full, the rest was good.",
        "Comfortable, but the air conditioning was noisy.",
        "Please offer tea and coffee in the room.",
    ],
    chinese: &[
        "总体不错，电梯等得有点久。",
        "早餐一般，其他都好。",
        "房间偏小，不过很干净。",
        "隔音可以再好一些。",
        "价格略高，服务还可以。",
    ],
};

/// From guests who were not pleased.
pub const DISPLEASED: Comments = Comments {
    english: &[
        "We waited forty minutes to check in.",
        "The room had not been cleaned properly.",
        "Twice nobody answered when we called the front desk.",
        "Noise from the street all night, windows do not close well.",
        "The price was far too high for this quality.",
        "We had to ask three times for towels.",
        "The shower was cold on both mornings.",
        "What we had booked was not what we were given.",
    ],
    chinese: &[
        "办理入住等了四十分钟。",
        "房间卫生没有打扫干净。",
        "隔音很差，整晚都能听到街上的声音。",
        "热水不稳定，反映后没有人来修。",
        "价格太高，不值。",
    ],
};

/// From guests of a house under construction.
pub const BUILDING_SITE: Comments = Comments {
    english: &[
        "Drilling from eight in the morning. Nobody had told us about the works.",
        "Dust everywhere in the corridor because of the renovation.",
        "Half of the hotel is a building site. We would have gone elsewhere.",
        "The renovation noise made it impossible to rest.",
    ],
    chinese: &["酒店在装修，早上八点就开始施工，事先没有告知。", "走廊里全是装修的灰尘。", "装修噪音太大，没法休息。"],
};
